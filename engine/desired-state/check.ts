import { addressIdentity, parseAddress } from '../address.ts'
import { checkOrder } from './check-order.ts'
import { checkRunTask } from './check-run-task.ts'
import { checkService } from './check-service.ts'
import { checkTaskDefinition } from './check-task-definition.ts'
import { checkVolumeNames } from './check-volume-names.ts'
import type { ContainerInstance, DesiredState } from './desired-state.generated.ts'
import { parseDate } from '../query/value.ts'
import { type DocumentProblem, documentProblem, pointer } from './problem.ts'

/**
 * Everything that a desired state must hold and its schema cannot say; all problems at once, in the document's order.
 * @param state fits the schema
 * @param families every family of the document. Default: those of `state`; more where the rest is broken otherwise
 * @param names every name of a service or a task, likewise
 */
export function checkDesiredState(
  state: DesiredState,
  families: ReadonlySet<string> = new Set(Object.keys(state.taskDefinitions)),
  names: ReadonlySet<string> = new Set([...Object.keys(state.services), ...Object.keys(state.tasks)]),
): DocumentProblem[] {
  const tasks = new Map(Object.entries(state.taskDefinitions))
  return [
    ...checkContainerInstances(state.containerInstances),
    ...[...tasks].flatMap(([family, task]) =>
      checkTaskDefinition(pointer('/taskDefinitions', family), family, task),
    ),
    ...Object.entries(state.services).flatMap(([name, service]) =>
      checkService(pointer('/services', name), service, families, tasks.get(service.taskDefinition)),
    ),
    ...Object.entries(state.tasks).flatMap(([name, run]) =>
      checkRunTask(pointer('/tasks', name), name, run, {
        families,
        services: new Set(Object.keys(state.services)),
        task: tasks.get(run.taskDefinition),
      }),
    ),
    ...checkOrder(state, names),
    ...checkVolumeNames(state),
  ]
}

function checkContainerInstances(instances: DesiredState['containerInstances']): DocumentProblem[] {
  const firstWith = new Map<string, string>()
  return Object.entries(instances).flatMap(([name, instance]) => {
    const at = pointer('/containerInstances', name)
    const parsed = parseAddress(instance.address)
    if (!parsed.ok)
      return [documentProblem(pointer(at, 'address'), parsed.message), ...checkAttributes(at, instance)]
    const identity = addressIdentity(parsed.address)
    const first = firstWith.get(identity)
    if (first === undefined) firstWith.set(identity, name)
    return [
      ...(first === undefined
        ? []
        : [documentProblem(pointer(at, 'address'), `is the Docker host of ${first} already`)]),
      ...checkAttributes(at, instance),
    ]
  })
}

function checkAttributes(at: string, { attributes }: ContainerInstance): DocumentProblem[] {
  const since = attributes['registered-at']
  const noDate =
    since === undefined || parseDate(since) !== undefined
      ? []
      : [
          documentProblem(
            pointer(at, 'attributes', 'registered-at'),
            'must be a date, which registeredAt is compared with: 2026-06-18, or 2026-06-18T22:28:28Z',
          ),
        ]
  const blank = Object.entries(attributes)
    .filter(([, value]) => value.trim() !== value)
    .map(([name]) =>
      documentProblem(pointer(at, 'attributes', name), 'an attribute neither begins nor ends with a blank'),
    )
  return [...noDate, ...blank]
}
