import type {
  ContainerDefinition,
  ContainerOverride,
  RunTask,
  TaskDefinition,
} from './desired-state/desired-state.generated.ts'
import { revisionOf } from './identity.ts'

/** A task definition as a task that runs once has it. The mark stands in the label of its containers, too. */
interface OneOffDefinition extends TaskDefinition {
  readonly once: true
}

/** Whether what runs by this task definition ends by itself, and is not started again. */
export function isOneOff(task: TaskDefinition): boolean {
  return 'once' in task
}

const APPLIED = new WeakMap<RunTask, WeakMap<TaskDefinition, TaskDefinition>>()

/** What a one-off task runs: its task definition with its overrides and its tags. The same object each time. */
export function oneOffDefinition(run: RunTask, task: TaskDefinition): TaskDefinition {
  let ofRun = APPLIED.get(run)
  if (!ofRun) APPLIED.set(run, (ofRun = new WeakMap()))
  let definition = ofRun.get(task)
  if (!definition) ofRun.set(task, (definition = overridden(run, task)))
  return definition
}

/** Another revision is run again. */
export function oneOffRevision(run: RunTask, definition: TaskDefinition): string {
  return revisionOf(
    run.taskDefinition,
    definition,
    run.nonce === undefined ? undefined : { nonce: run.nonce },
  )
}

/** The task group that its tasks are in, as the scheduler knows it. */
export function groupOf({ group, taskDefinition }: RunTask): string {
  if (group === undefined) return `family:${taskDefinition}`
  return group.includes(':') ? group : `:${group}`
}

function overridden({ overrides, tags, startedBy }: RunTask, task: TaskDefinition): OneOffDefinition {
  const { cpu, memory, containerOverrides } = overrides
  const own = [...tags, ...(startedBy === undefined ? [] : [{ key: 'startedBy', value: startedBy }])]
  return {
    ...task,
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
    tags: [...task.tags.filter(t => !own.some(o => o.key === t.key)), ...own],
    containerDefinitions: task.containerDefinitions.map(container => {
      const override = containerOverrides.find(o => o.name === container.name)
      return override ? overriddenContainer(container, override) : container
    }),
    once: true,
  }
}

function overriddenContainer(
  container: ContainerDefinition,
  { environment, ...others }: ContainerOverride,
): ContainerDefinition {
  const names = new Set(environment.map(e => e.name))
  return {
    ...container,
    ...others,
    environment: [...container.environment.filter(e => !names.has(e.name)), ...environment],
    secrets: container.secrets.filter(s => !names.has(s.name)),
  }
}
