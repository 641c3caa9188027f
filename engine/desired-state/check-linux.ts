import type { ContainerDefinition, TaskDefinition } from './desired-state.generated.ts'
import { mountPath } from './mount-path.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'
import { repeated } from './repeated.ts'

/** What a container asks of the kernel, where the schema cannot tell whether it makes sense. */
export function checkLinux(
  at: string,
  container: ContainerDefinition,
  task: TaskDefinition,
): DocumentProblem[] {
  return [
    ...checkUlimits(at, container),
    ...checkSystemControls(at, container, task),
    ...checkSecurityOptions(at, container),
    ...checkLinuxParameters(pointer(at, 'linuxParameters'), container, task),
  ]
}

function checkUlimits(at: string, { ulimits }: ContainerDefinition): DocumentProblem[] {
  const here = (i: number) => pointer(at, 'ulimits', i)
  return [
    ...ulimits.flatMap(({ softLimit, hardLimit }, i) =>
      hardLimit >= 0 && (softLimit > hardLimit || softLimit < 0)
        ? [documentProblem(here(i), `softLimit ${softLimit} is more than hardLimit ${hardLimit}`)]
        : [],
    ),
    ...repeated(ulimits.map(u => u.name)).map(i => documentProblem(here(i), 'is limited already')),
  ]
}

const IPC_CONTROLS = new Set(
  ['msgmax', 'msgmnb', 'msgmni', 'sem', 'shmall', 'shmmax', 'shmmni', 'shm_rmid_forced'].map(
    name => `kernel.${name}`,
  ),
)

function checkSystemControls(
  at: string,
  { systemControls }: ContainerDefinition,
  { networkMode, ipcMode }: TaskDefinition,
): DocumentProblem[] {
  const here = (i: number) => pointer(at, 'systemControls', i, 'namespace')
  return [
    ...systemControls.flatMap(({ namespace }, i) => {
      const isIpc = IPC_CONTROLS.has(namespace) || namespace.startsWith('fs.mqueue.')
      if (!isIpc && !namespace.startsWith('net.')) {
        const message = `must be of net.*, fs.mqueue.* or the kernel's shared memory and messages (kernel.shmmax, …): only these are a container's own, not ${quote(namespace)}`
        return [documentProblem(here(i), message)]
      }
      if (isIpc && ipcMode === 'host')
        return [documentProblem(here(i), `${namespace} is the container instance's with ipcMode host`)]
      if (!isIpc && networkMode === 'host')
        return [documentProblem(here(i), `${namespace} is the container instance's with network mode host`)]
      return []
    }),
    ...repeated(systemControls.map(s => s.namespace)).map(i => documentProblem(here(i), 'is set already')),
  ]
}

function checkSecurityOptions(at: string, { dockerSecurityOptions }: ContainerDefinition): DocumentProblem[] {
  return dockerSecurityOptions.flatMap((option, i) => {
    const here = pointer(at, 'dockerSecurityOptions', i)
    if (/^no-new-privileges([:=](true|false))?$|^(apparmor|label|seccomp)[:=]./.test(option)) return []
    const message = `must be no-new-privileges, apparmor:PROFILE, label:VALUE or seccomp:unconfined, not ${quote(option)}`
    return [documentProblem(here, message)]
  })
}

function checkLinuxParameters(
  at: string,
  { linuxParameters, memory, mountPoints }: ContainerDefinition,
  task: TaskDefinition,
): DocumentProblem[] {
  const { devices, tmpfs, maxSwap } = linuxParameters
  const paths = tmpfs.map(t => mountPath(t.containerPath))
  const twice = new Set(repeated(paths))
  const mounted = new Set(mountPoints.map(m => mountPath(m.containerPath)))
  const here = (i: number) => pointer(at, 'tmpfs', i)
  return [
    ...(maxSwap !== undefined && memory === undefined && task.memory === undefined
      ? [documentProblem(pointer(at, 'maxSwap'), 'needs memory, the hard limit that it is added to')]
      : []),
    ...repeated(devices.map(d => d.containerPath ?? d.hostPath)).map(i =>
      documentProblem(pointer(at, 'devices', i), 'another device has this path in the container'),
    ),
    ...paths.flatMap((path, i) =>
      mounted.has(path) || twice.has(i)
        ? [documentProblem(pointer(here(i), 'containerPath'), 'is mounted already')]
        : [],
    ),
    ...tmpfs.flatMap(({ mountOptions }, i) =>
      mountOptions.flatMap((option, j) => {
        const at = pointer(here(i), 'mountOptions', j)
        if (option.startsWith('size=')) return [documentProblem(at, 'the size is in the field size, in MiB')]
        if (isMountOption(option)) return []
        return [documentProblem(at, `is no option of a mount: ${quote(option)}`)]
      }),
    ),
  ]
}

const MOUNT_OPTIONS = new Set(
  'defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime nodiratime bind rbind unbindable runbindable private rprivate shared rshared slave rslave relatime norelatime strictatime nostrictatime'.split(
    ' ',
  ),
)

function isMountOption(option: string): boolean {
  return MOUNT_OPTIONS.has(option) || /^(mode|uid|gid|nr_inodes|nr_blocks|mpol)=/.test(option)
}
