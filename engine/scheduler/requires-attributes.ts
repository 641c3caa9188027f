import type { ContainerDefinition, TaskDefinition } from '../desired-state/desired-state.generated.ts'
import { CAPABILITY, driverName } from './capability.ts'
import type { Constraint } from './constraint.ts'
import type { Fleet } from './fleet.ts'

/** What a container instance must be able to do for a task: ECS calls the list of them requiresAttributes. */
export interface RequiredAttribute {
  readonly name: string
  /** The field that asks for it. */
  readonly field: string
}

/** What the fields of a task definition ask of a container instance; each attribute once. */
export function requiredAttributes(task: TaskDefinition): RequiredAttribute[] {
  const all = [
    ...(task.cpu === undefined ? [] : [{ name: CAPABILITY.taskSize, field: 'cpu of the task' }]),
    ...(task.memory === undefined ? [] : [{ name: CAPABILITY.taskSize, field: 'memory of the task' }]),
    ...task.volumes.flatMap(({ name, dockerVolumeConfiguration: docker }) =>
      docker?.driver === undefined
        ? []
        : [{ name: CAPABILITY.volumeDriver(driverName(docker.driver)), field: `driver of volume ${name}` }],
    ),
    ...task.containerDefinitions.flatMap(ofContainer),
  ]
  return all.filter((a, i) => all.findIndex(b => b.name === a.name) === i)
}

/** The same as constraints: a task is never placed where it cannot run. */
export function requiredConstraints(fleet: Fleet, task: TaskDefinition): Constraint[] {
  return requiredAttributes(task).map(({ name, field }) => {
    const column = fleet.attribute(name)
    return {
      text: `attribute:${name} exists (${field})`,
      test: host => column.values[column.ids[host] ?? 0] !== undefined,
    }
  })
}

/** The Docker driver that stands behind ECS's log router. */
const ROUTED: Readonly<Record<string, string>> = { awsfirelens: 'fluentd' }

function ofContainer(container: ContainerDefinition): RequiredAttribute[] {
  const { logConfiguration, privileged, dockerSecurityOptions, resourceRequirements } = container
  const driver = logConfiguration?.logDriver
  return [
    ...(driver === undefined
      ? []
      : [{ name: CAPABILITY.logDriver(driverName(ROUTED[driver] ?? driver)), field: 'logConfiguration' }]),
    ...(privileged ? [{ name: CAPABILITY.privileged, field: 'privileged' }] : []),
    ...dockerSecurityOptions.flatMap(securityModule),
    ...(resourceRequirements.length === 0
      ? []
      : [{ name: CAPABILITY.remoteApi('1.40'), field: 'resourceRequirements' }]),
  ]
}

/** Without the module Docker would run the container unconfined, and say nothing. */
function securityModule(option: string): RequiredAttribute[] {
  const [module = '', value = ''] = option.split(/[:=]/, 2)
  const isOff = value === 'unconfined' || value === 'disable'
  const field = 'dockerSecurityOptions'
  if (isOff) return []
  if (module === 'apparmor') return [{ name: CAPABILITY.apparmor, field }]
  if (module === 'label') return [{ name: CAPABILITY.selinux, field }]
  return module === 'seccomp' ? [{ name: CAPABILITY.seccomp, field }] : []
}
