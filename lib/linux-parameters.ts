import { Construct } from 'constructs'
import type {
  Capability as CapabilityJson,
  LinuxParameters as LinuxParametersJson,
} from '../engine/desired-state/document.generated.ts'
import { compact, unlessEmpty } from './document.ts'
import { fitAll, fitProps } from './fit.ts'
import { checkName, checkWhole, duplicates } from './limits.ts'
import { placed } from './placed.ts'
import {
  flag,
  instance,
  list,
  number,
  props,
  required,
  type Shape,
  type Shapes,
  text,
  texts,
  word,
} from './shape.ts'
import { Size } from './size.ts'

/** A right of the kernel's, without the CAP_ before it. */
export type Capability = CapabilityJson

/** What may be done with a device. */
export const DevicePermission = { READ: 'read', WRITE: 'write', MKNOD: 'mknod' } as const
export type DevicePermission = (typeof DevicePermission)[keyof typeof DevicePermission]

export interface Device {
  /** A path on the container instance. */
  readonly hostPath: string
  /** @default hostPath */
  readonly containerPath?: string
  /** @default all three, as in the ECS API */
  readonly permissions?: readonly DevicePermission[]
}

/** A file system in memory. */
export interface Tmpfs {
  readonly containerPath: string
  /** MiB. */
  readonly size: number
  /** Options of mount: `noexec`, `mode=1777`. @default none */
  readonly mountOptions?: readonly string[]
}

export interface LinuxParametersProps {
  /** Whether an init process forwards signals and reaps processes. @default false */
  readonly initProcessEnabled?: boolean
  /** MiB of /dev/shm. @default the Docker daemon's, 64 */
  readonly sharedMemorySize?: number
  /** Swap beside the memory limit, which it needs; none of it is no swap. @default as much as the memory limit */
  readonly maxSwap?: Size
  /** 0 to 100; counts only with maxSwap, and not with cgroups of version 2. @default the container instance's */
  readonly swappiness?: number
}

const LINUX_PARAMETERS_PROPS: Shapes<LinuxParametersProps> = {
  initProcessEnabled: flag,
  sharedMemorySize: number,
  maxSwap: instance(Size, 'Size.mebibytes(512)'),
  swappiness: number,
}
const DEVICE = props<Device>({
  hostPath: required(text),
  containerPath: text,
  permissions: list(word<DevicePermission>({ read: true, write: true, mknod: true })),
})
const TMPFS = props<Tmpfs>({ containerPath: required(text), size: required(number), mountOptions: texts })
/** Which ones there are the document's schema knows. */
const CAPABILITY = text as unknown as Shape<Capability>

/** What a container asks of the Linux kernel. */
export class LinuxParameters extends Construct {
  readonly #props: LinuxParametersProps
  readonly #add: Capability[] = []
  readonly #drop: Capability[] = []
  readonly #devices: Device[] = []
  readonly #tmpfs: Tmpfs[] = []

  constructor(scope: Construct, id: string, props: LinuxParametersProps = {}) {
    super(placed(scope, 'LinuxParameters', id), id)
    this.#props = fitProps(this, props, LINUX_PARAMETERS_PROPS)
  }

  addCapabilities(...capabilities: readonly Capability[]): void {
    this.#add.push(...fitAll(this, 'addCapabilities', capabilities, CAPABILITY))
  }

  dropCapabilities(...capabilities: readonly Capability[]): void {
    this.#drop.push(...fitAll(this, 'dropCapabilities', capabilities, CAPABILITY))
  }

  addDevices(...devices: readonly Device[]): void {
    this.#devices.push(...fitAll(this, 'addDevices', devices, DEVICE))
  }

  addTmpfs(...tmpfs: readonly Tmpfs[]): void {
    this.#tmpfs.push(...fitAll(this, 'addTmpfs', tmpfs, TMPFS))
  }

  /** Its place in the document. */
  renderLinuxParameters(): LinuxParametersJson {
    const { initProcessEnabled, sharedMemorySize, maxSwap, swappiness } = this.#props
    return compact({
      capabilities: unlessEmpty(
        compact({ add: unlessEmpty([...this.#add]), drop: unlessEmpty([...this.#drop]) }),
      ),
      devices: unlessEmpty(
        this.#devices.map(({ permissions, ...device }) =>
          compact({ ...device, permissions: permissions && [...permissions] }),
        ),
      ),
      initProcessEnabled,
      sharedMemorySize,
      tmpfs: unlessEmpty(
        this.#tmpfs.map(({ mountOptions, ...tmpfs }) =>
          compact({ ...tmpfs, mountOptions: mountOptions && [...mountOptions] }),
        ),
      ),
      maxSwap: maxSwap?.toMebibytes(),
      swappiness,
    })
  }
}

/**
 * What is wrong with a container's Linux parameters.
 * @param hasMemory whether a memory limit holds for it
 * @param mounted where its volumes are mounted
 */
export function checkLinuxParameters(
  { devices = [], tmpfs = [], sharedMemorySize, maxSwap, swappiness }: LinuxParametersJson,
  hasMemory: boolean,
  mounted: readonly string[],
): string[] {
  const paths = [...mounted, ...tmpfs.map(t => t.containerPath)].map(p => p.replace(/(?<=.)\/+$/, ''))
  return [
    ...checkWhole('sharedMemorySize', sharedMemorySize, 1),
    ...checkWhole('maxSwap in MiB', maxSwap, 0),
    ...checkWhole('swappiness', swappiness, 0, 100),
    ...(maxSwap !== undefined && !hasMemory
      ? ['maxSwap needs a memory limit, the hard limit that it is added to']
      : []),
    ...devices.flatMap(d => [
      ...checkName('hostPath of a device', d.hostPath, 'anyPath'),
      ...checkName('containerPath of a device', d.containerPath, 'anyPath'),
    ]),
    ...duplicates(devices.map(d => d.containerPath ?? d.hostPath)).map(
      path => `two devices have the path ${path} in the container`,
    ),
    ...tmpfs.flatMap(({ containerPath, size, mountOptions = [] }) => [
      ...checkName('containerPath of a tmpfs', containerPath, 'anyPath'),
      ...checkWhole(`size of the tmpfs ${containerPath} in MiB`, size, 1),
      ...mountOptions.flatMap(option => checkMountOption(option)),
    ]),
    ...(tmpfs.length > 0 ? duplicates(paths).map(path => `${path} is mounted twice`) : []),
  ]
}

const MOUNT_OPTIONS = new Set(
  'defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime nodiratime bind rbind unbindable runbindable private rprivate shared rshared slave rslave relatime norelatime strictatime nostrictatime'.split(
    ' ',
  ),
)

function checkMountOption(option: string): string[] {
  if (option.startsWith('size=')) return ['the size of a tmpfs is in its property size, in MiB']
  const isKnown =
    MOUNT_OPTIONS.has(option) || /^(mode|uid|gid|nr_inodes|nr_blocks|mpol)=[A-Za-z0-9_:.+-]+$/.test(option)
  return isKnown ? [] : [`${JSON.stringify(option)} is no option of a mount`]
}
