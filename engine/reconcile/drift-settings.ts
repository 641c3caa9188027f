import { type Settings, SETTING_FIELDS } from '../container-config/settings.ts'

/** A setting that is not as it is wanted, under ECS's name. */
export interface SettingChange {
  readonly field: string
  readonly from: unknown
  readonly to: unknown
}

/** The settings that differ in what they mean, in the order of ECS's names. */
export function settingChanges(actual: Settings, desired: Settings): SettingChange[] {
  return KEYS.flatMap(key => {
    if (DAEMONS_OWN.has(key) && desired[key] === undefined) return []
    if (HOST_MAY_LACK.has(key) && actual[key] === undefined) return []
    if (key === 'IpcMode' && desired.IpcMode === undefined && actual.IpcMode === 'shareable') return []
    const from = meaning(key, actual, desired)
    const to = meaning(key, desired, desired)
    return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ field: SETTING_FIELDS[key], from, to }]
  })
}

const KEYS = (Object.keys(SETTING_FIELDS) as (keyof Settings)[]).sort((a, b) =>
  SETTING_FIELDS[a] < SETTING_FIELDS[b] ? -1 : 1,
)

/** Where nothing was asked for, the daemon shows its own default, which may be another on each host. */
const DAEMONS_OWN: ReadonlySet<string> = new Set(['Hostname', 'MemorySwap', 'ShmSize', 'Ulimits'])
/** A kernel that cannot do it shows nothing, and a new container would not have it either. */
const HOST_MAY_LACK: ReadonlySet<string> = new Set(['MemorySwap', 'MemorySwappiness'])

/** The value without what has no meaning: order, ways of writing, what Docker adds of its own. */
function meaning(key: keyof Settings, of: Settings, desired: Settings): unknown {
  const say = MEANINGS[key]
  return say ? say(of, desired) : of[key]
}

const MEANINGS: { readonly [K in keyof Settings]?: (of: Settings, desired: Settings) => unknown } = {
  CapAdd: of => capabilities(of.CapAdd),
  CapDrop: of => capabilities(of.CapDrop),
  SecurityOpt: of => {
    // Docker adds it for a container that sees the host's processes or may do all
    const own = of.SecurityOpt?.map(o => o.replace(':', '=')).filter(o => o !== 'label=disable')
    return own?.length ? own.sort() : undefined
  },
  Ulimits: (of, desired) => {
    const names = new Set(desired.Ulimits?.map(u => u.Name))
    // the daemon adds its own
    const ours = of.Ulimits?.filter(u => names.has(u.Name))
    return ours?.map(u => `${u.Name}=${u.Soft}:${u.Hard}`).sort()
  },
  Devices: of => of.Devices?.map(d => `${d.PathOnHost}:${d.PathInContainer}:${d.CgroupPermissions}`).sort(),
  Sysctls: of => lines(of.Sysctls),
  Tmpfs: of => lines(of.Tmpfs),
  Links: of => of.Links && [...of.Links].sort(),
  VolumesFrom: of => of.VolumesFrom && [...of.VolumesFrom].sort(),
}

function capabilities(names: readonly string[] | undefined): string[] | undefined {
  return names?.map(name => name.toUpperCase().replace(/^CAP_/, '')).sort()
}

function lines(map: Readonly<Record<string, string>> | undefined): string[] | undefined {
  return (
    map &&
    Object.entries(map)
      .map(([name, value]) => `${name}=${value}`)
      .sort()
  )
}
