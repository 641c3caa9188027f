import { oneOffDefinition } from '../one-off.ts'
import { checkConstraints, checkStrategy } from './check-placement.ts'
import { checkTaskDefinition } from './check-task-definition.ts'
import { closest } from './closest.ts'
import type { RunTask, TaskDefinition } from './desired-state.generated.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'

/** ECS's limit of a RunTask's overrides, as JSON. */
const OVERRIDES_MAX = 8192

/** What a one-off task must hold and the schema cannot say. `task` is undefined where its task definition is broken itself. */
export function checkRunTask(
  at: string,
  name: string,
  run: RunTask,
  {
    families,
    services,
    task,
  }: {
    readonly families: ReadonlySet<string>
    readonly services: ReadonlySet<string>
    readonly task: TaskDefinition | undefined
  },
): DocumentProblem[] {
  const { taskDefinition: family, overrides } = run
  const problems: DocumentProblem[] = []
  if (services.has(name)) problems.push(documentProblem(at, 'a service of this document has this name'))
  if (!families.has(family)) {
    const message = `no task definition of this document is named ${quote(family)}`
    problems.push(documentProblem(pointer(at, 'taskDefinition'), message, closest(family, families)))
  }
  if (JSON.stringify(overrides).length > OVERRIDES_MAX)
    problems.push(documentProblem(pointer(at, 'overrides'), `at most ${OVERRIDES_MAX} characters of JSON`))
  return [
    ...problems,
    ...(task ? checkOverrides(at, run, task) : []),
    ...checkConstraints(at, run.placementConstraints),
    ...run.placementStrategy.flatMap((s, i) => checkStrategy(pointer(at, 'placementStrategy', i), s)),
  ]
}

function checkOverrides(at: string, run: RunTask, task: TaskDefinition): DocumentProblem[] {
  const here = pointer(at, 'overrides')
  const names = task.containerDefinitions.map(c => c.name)
  const unknown = run.overrides.containerOverrides.flatMap(({ name }, i) =>
    names.includes(name)
      ? []
      : [
          documentProblem(
            pointer(here, 'containerOverrides', i, 'name'),
            `${run.taskDefinition} has no container ${quote(name)}`,
            closest(name, names),
          ),
        ],
  )
  if (unknown.length > 0) return unknown
  // what is wrong with it only as it is overridden
  const before = new Set(checkTaskDefinition('', run.taskDefinition, task).map(p => p.message))
  return checkTaskDefinition('', run.taskDefinition, oneOffDefinition(run, task))
    .filter(p => !before.has(p.message))
    .map(p => documentProblem(here, `with these, ${p.pointer.slice(1)} ${p.message}`))
}
