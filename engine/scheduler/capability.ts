const ECS = 'com.amazonaws.ecs.capability.'

/** The names of the attributes that say what a container instance can do: ECS's, and stowage's where ECS has none. */
export const CAPABILITY = {
  logDriver: (driver: string) => `${ECS}logging-driver.${driver}`,
  volumeDriver: (driver: string) => `ecs.capability.docker-plugin.${driver}`,
  /** Of the Docker Engine API. */
  remoteApi: (version: string) => `${ECS}docker-remote-api.${version}`,
  cgroup: (version: string) => `stowage.capability.cgroup-v${version}`,
  privileged: `${ECS}privileged-container`,
  apparmor: `${ECS}apparmor`,
  selinux: `${ECS}selinux`,
  seccomp: 'stowage.capability.seccomp',
  taskSize: 'ecs.capability.task-cpu-mem-limit',
  swapLimit: 'stowage.capability.swap-limit',
} as const

/** A driver as it stands in an attribute: without the tag of a plugin that is its newest, and no colon. */
export function driverName(driver: string): string {
  return driver.replace(/:latest$/, '').replaceAll(':', '.')
}
