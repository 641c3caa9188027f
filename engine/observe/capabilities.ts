import type { DockerInfo, EnabledPlugin } from '../docker/docker-host.ts'
import { CAPABILITY, driverName } from '../scheduler/capability.ts'

/** What stowage does itself, on any Docker host: ECS's names of it. */
const OWN = [
  'ecs.capability.container-health-check',
  'ecs.capability.container-ordering',
  'ecs.capability.container-restart-policy',
  'ecs.capability.external',
  'ecs.capability.pid-ipc-namespace-sharing',
  'ecs.capability.task-eni',
]
/** The oldest version of the Engine API that ECS has a name for. */
const OLDEST_API = 17

/** What a Docker host can do, as the names of ECS's attributes, sorted. They have no value. */
export function capabilitiesOf(info: DockerInfo): string[] {
  const { Plugins: plugins, SecurityOptions: security } = info
  const has = (name: string) =>
    (security ?? []).some(o => o === `name=${name}` || o.startsWith(`name=${name},`))
  const newestApi = Number(info.ApiVersion.split('.')[1] ?? 0)
  return [
    ...OWN,
    ...Array.from({ length: Math.max(0, newestApi - OLDEST_API + 1) }, (_, i) =>
      CAPABILITY.remoteApi(`1.${OLDEST_API + i}`),
    ),
    ...named(['none', ...(plugins?.Log ?? [])], info.EnabledPlugins, 'docker.logdriver/').map(
      CAPABILITY.logDriver,
    ),
    ...named(['local', ...(plugins?.Volume ?? [])], info.EnabledPlugins, 'docker.volumedriver/').map(
      CAPABILITY.volumeDriver,
    ),
    // with a user namespace for all containers Docker refuses a privileged one
    ...(has('userns') ? [] : [CAPABILITY.privileged]),
    ...(['apparmor', 'selinux', 'seccomp'] as const).filter(has).map(name => CAPABILITY[name]),
    ...(info.CpuCfsQuota && info.MemoryLimit ? [CAPABILITY.taskSize] : []),
    ...(info.SwapLimit ? [CAPABILITY.swapLimit] : []),
    ...(info.CgroupVersion === undefined ? [] : [CAPABILITY.cgroup(info.CgroupVersion)]),
  ]
    .filter((name, i, all) => all.indexOf(name) === i)
    .sort()
}

/** Those that Docker brings, and plugins for it: Docker lists the latter apart. */
function named(builtIn: readonly string[], plugins: readonly EnabledPlugin[], type: string): string[] {
  const added = plugins.filter(p => p.types.some(t => t.startsWith(type)))
  return [...builtIn, ...added.map(p => p.name)].map(driverName)
}
