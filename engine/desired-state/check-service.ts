import { checkConstraints, checkStrategy } from './check-placement.ts'
import { closest } from './closest.ts'
import type { Service, TaskDefinition } from './desired-state.generated.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'

/** ECS's limit for a service and its task definition together. */
const CONSTRAINTS_MAX = 10

/** What a service must hold and the schema cannot say. `task` is undefined where its task definition is broken itself. */
export function checkService(
  at: string,
  service: Service,
  families: ReadonlySet<string>,
  task: TaskDefinition | undefined,
): DocumentProblem[] {
  const problems: DocumentProblem[] = []
  if (!families.has(service.taskDefinition)) {
    const message = `no task definition of this document is named ${quote(service.taskDefinition)}`
    problems.push(
      documentProblem(pointer(at, 'taskDefinition'), message, closest(service.taskDefinition, families)),
    )
  }
  if (service.placementConstraints.length + (task?.placementConstraints.length ?? 0) > CONSTRAINTS_MAX) {
    const message = `at most ${CONSTRAINTS_MAX} placement constraints, those of the task definition counted`
    problems.push(documentProblem(pointer(at, 'placementConstraints'), message))
  }
  return [
    ...problems,
    ...checkScheduling(at, service),
    ...checkPercentages(at, service),
    ...checkConstraints(at, service.placementConstraints),
    ...service.placementStrategy.flatMap((s, i) => checkStrategy(pointer(at, 'placementStrategy', i), s)),
  ]
}

function checkScheduling(at: string, service: Service): DocumentProblem[] {
  if (service.schedulingStrategy === 'REPLICA') return []
  const { desiredCount, placementStrategy } = service
  const problems: DocumentProblem[] = []
  if (desiredCount !== undefined)
    problems.push(
      documentProblem(
        pointer(at, 'desiredCount'),
        'a DAEMON service has no desiredCount: its tasks are one for each instance',
      ),
    )
  if (placementStrategy.length > 0)
    problems.push(
      documentProblem(
        pointer(at, 'placementStrategy'),
        'a DAEMON service has no placement strategy: it runs everywhere',
      ),
    )
  return problems
}

function checkPercentages(at: string, service: Service): DocumentProblem[] {
  const daemon = service.schedulingStrategy === 'DAEMON'
  const here = pointer(at, 'deploymentConfiguration')
  const { minimumHealthyPercent, maximumPercent } = service.deploymentConfiguration
  if (daemon && maximumPercent !== undefined && maximumPercent !== 100)
    return [documentProblem(pointer(here, 'maximumPercent'), 'must be 100 for a DAEMON service')]
  const minimum = minimumHealthyPercent ?? (daemon ? 0 : 100)
  const maximum = maximumPercent ?? (daemon ? 100 : 200)
  if (minimum < maximum) return []
  const message = `minimumHealthyPercent ${minimum} must be less than maximumPercent ${maximum}: else no task could ever be replaced`
  return [documentProblem(here, message)]
}
