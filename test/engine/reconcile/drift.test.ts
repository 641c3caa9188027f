import { describe, expect, it } from 'vitest'
import type { ContainerConfig } from '../../../engine/container-config.ts'
import type { Settings } from '../../../engine/container-config/settings.ts'
import type { ImageConfig, ObservedContainer } from '../../../engine/observed-state.ts'
import { DriftFinder } from '../../../engine/reconcile/drift.ts'
import { document, emptyHosts, instances, settledWorld } from '../../support/worlds.ts'

const PLAIN: ContainerConfig = {
  environment: [],
  labels: {},
  cpuShares: 2,
  memory: 0,
  memoryReservation: 0,
  networkMode: 'bridge',
  ports: [],
  mounts: [],
  restartPolicy: 'no',
  stopTimeout: 30,
  settings: {},
}
const IMAGE: ImageConfig = {
  env: ['PATH=/bin', 'LANG=C'],
  command: ['serve'],
  entryPoint: ['/run'],
  user: 'www',
  workingDirectory: '/srv',
  labels: { by: 'them' },
  exposedPorts: [],
}
const MIB = 1024 * 1024

const container = settledWorld(
  document({
    containerInstances: instances('a'),
    taskDefinitions: { app: { containerDefinitions: [{ name: 'app', image: 'app:1' }] } },
    services: { app: { taskDefinition: 'app' } },
  }),
  emptyHosts('a'),
).instances['a']

function shown(config: ContainerConfig): ObservedContainer {
  const [first] = container?.reachable ? container.containers : []
  if (!first) throw new Error('it is there')
  return { ...first, config }
}

type Parts = Partial<ContainerConfig>

/** What differs, as "kind: field from → to"; the image is not known unless it is given. */
function drift(desired: Parts, actual: Parts, image?: ImageConfig): string[] {
  const found = new DriftFinder().find({ ...PLAIN, ...desired }, shown({ ...PLAIN, ...actual }), image)
  return (found?.fields ?? []).map(f => `${found?.kind}: ${f.field} ${f.from} → ${f.to}`)
}

const log = (options: Record<string, string>, more: object = {}) => ({
  log: { driver: 'syslog', options, ...more } as NonNullable<ContainerConfig['log']>,
})

describe('a container that is not as it is asked for', () => {
  it.each<[string, Parts, Parts]>([
    ['replace: command ["x"] → ["a","b"]', { command: ['a', 'b'] }, { command: ['x'] }],
    ['replace: command [] → ["a"]', { command: ['a'] }, {}],
    ['replace: entryPoint ["/x"] → ["/a"]', { entryPoint: ['/a'] }, { entryPoint: ['/x'] }],
    ['replace: entryPoint [] → ["/a"]', { entryPoint: ['/a'] }, {}],
    ['replace: user x → www', { user: 'www' }, { user: 'x' }],
    ['replace: user (none) → www', { user: 'www' }, {}],
    ['replace: workingDirectory / → /a', { workingDirectory: '/a' }, {}],
    ['replace: workingDirectory /b/c → /a', { workingDirectory: '/a' }, { workingDirectory: '/x/../b/./c/' }],
    ['replace: environment.A 1 → 2', { environment: ['A=2', 'B=='] }, { environment: ['A=1', 'B=='] }],
    ['replace: environment.A (none) → 2', { environment: ['A=2'] }, {}],
    ['replace: environment.S (hidden) → (none)', { environment: ['S'] }, { environment: ['S=secret'] }],
    ['replace: dockerLabels.l x → y', { labels: { l: 'y' } }, { labels: { l: 'x' } }],
    [
      'replace: healthCheck (none) → {"command":["CMD","true"]}',
      { healthCheck: { command: ['CMD', 'true'] } as unknown as NonNullable<Parts['healthCheck']> },
      {},
    ],
    ['resources: cpu 99 → 2', {}, { cpuShares: 99 }],
    ['resources: memory 64 MiB → 32 MiB', { memory: 32 * MIB }, { memory: 64 * MIB }],
    ['replace: memory 64 MiB → (none)', {}, { memory: 64 * MIB }],
    ['resources: memoryReservation (none) → 16 MiB', { memoryReservation: 16 * MIB }, {}],
    ['replace: memoryReservation 16 MiB → (none)', {}, { memoryReservation: 16 * MIB }],
    ['replace: networkMode none → bridge', {}, { networkMode: 'none' }],
    ['replace: portMappings [] → ["80/tcp=8080"]', { ports: ['80/tcp=8080'] }, {}],
    ['replace: mountPoints ["a:/b"] → []', {}, { mounts: ['a:/b'] }],
    ['replace: restart policy unless-stopped → no', {}, { restartPolicy: 'unless-stopped' }],
    ['replace: stopTimeout 9 → 30', {}, { stopTimeout: 9 }],
    ['replace: resourceRequirements 1 → 2', { gpus: '2' }, { gpus: '1' }],
    ['replace: resourceRequirements (none) → ALL', { gpus: 'ALL' }, {}],
    ['replace: resourceRequirements 1 → (none)', {}, { gpus: '1' }],
    ['replace: logConfiguration (none) → {"driver":"syslog","options":{}}', log({}), {}],
    [
      'replace: logConfiguration {"driver":"syslog","options":{"tag":"x"}} → {"driver":"syslog","options":{"tag":"y"}}',
      log({ tag: 'y' }),
      log({ tag: 'x', more: 'z' }),
    ],
    ['replace: privileged (none) → true', { settings: { Privileged: true } }, {}],
  ])('is told with %s', (expected, desired, actual) => {
    expect(drift(desired, actual)).toEqual([expected])
  })

  it('is replaced where one of several fields asks for it, which are told in their order', () => {
    expect(drift({ memory: MIB, labels: { b: '1', a: '1' } }, { memory: 2 * MIB })).toEqual([
      'replace: dockerLabels.a (none) → 1',
      'replace: dockerLabels.b (none) → 1',
      'replace: memory 2 MiB → 1 MiB',
    ])
  })

  it('has its swap set in place with its memory', () => {
    const swap = (MemorySwap: number) => ({ settings: { MemorySwap } })
    expect(drift({ memory: MIB, ...swap(2 * MIB) }, { memory: MIB, ...swap(3 * MIB) })[0]).toContain(
      'resources: ',
    )
    expect(drift(swap(2 * MIB), swap(3 * MIB))[0]).toContain('replace: ')
  })

  it.each<[string, Parts, Parts]>([
    ['a reset entry point', { entryPoint: [''] }, {}],
    ['a path', { workingDirectory: '/a' }, { workingDirectory: '/b/..//./a/' }],
    ['more log options', log({ tag: 'x' }), log({ tag: 'x', more: 'z' })],
    ['another log, where none is asked for', {}, log({ tag: 'x' })],
    ['secret log options', log({}, { secretOptions: ['k'] }), log({}, { secretOptions: ['k', 'other'] })],
    ['a log without them', log({}), log({}, { secretOptions: ['other'] })],
    ['however many all GPUs are', { gpus: 'ALL' }, { gpus: '4' }],
    [
      'keys in another order',
      { healthCheck: { command: ['a'], retries: 1 } as unknown as NonNullable<Parts['healthCheck']> },
      { healthCheck: { retries: 1, command: ['a'] } as unknown as NonNullable<Parts['healthCheck']> },
    ],
    // without the image, what was not asked for may be its own
    ['what may be the image’s', {}, { command: ['x'], entryPoint: ['y'], user: 'z', workingDirectory: '/w' }],
    ['what may be the image’s too', {}, { environment: ['X=1'], labels: { l: 'x' } }],
  ])('is not one that shows %s', (_, desired, actual) => {
    expect(drift(desired, actual)).toEqual([])
  })

  const merged: Parts = {
    command: IMAGE.command,
    entryPoint: IMAGE.entryPoint,
    user: IMAGE.user,
    workingDirectory: IMAGE.workingDirectory,
    environment: IMAGE.env,
    labels: IMAGE.labels,
  }

  it.each<[string[], Parts, Parts]>([
    [[], {}, merged],
    [[], {}, {}],
    [[], { command: ['a'] }, { ...merged, command: ['a'] }],
    [['replace: command ["a"] → ["serve"]'], {}, { ...merged, command: ['a'] }],
    // an entry point of its own leaves the image's command out
    [[], { entryPoint: ['/e'] }, { ...merged, entryPoint: ['/e'], command: [] }],
    [['replace: command ["serve"] → []'], { entryPoint: ['/e'] }, { ...merged, entryPoint: ['/e'] }],
    [[], { entryPoint: ['/e'], command: ['a'] }, { ...merged, entryPoint: ['/e'], command: ['a'] }],
    [
      ['replace: entryPoint ["/e"] → ["/run"]'],
      {},
      { ...merged, entryPoint: ['/e'], command: IMAGE.command },
    ],
    [[], { user: 'me' }, { ...merged, user: 'me' }],
    [['replace: user me → www'], {}, { ...merged, user: 'me' }],
    [[], { workingDirectory: '/w' }, { ...merged, workingDirectory: '/w' }],
    [['replace: workingDirectory /w → /srv'], {}, { ...merged, workingDirectory: '/w' }],
    [[], { environment: ['LANG=D'] }, { ...merged, environment: ['LANG=D', 'PATH=/bin'] }],
    [['replace: environment.LANG C → D'], { environment: ['LANG=D'] }, merged],
    [['replace: environment.X 1 → (none)'], {}, { ...merged, environment: [...IMAGE.env, 'X=1'] }],
    [[], { labels: { by: 'us' } }, { ...merged, labels: { by: 'us' } }],
    [['replace: dockerLabels.by them → us'], { labels: { by: 'us' } }, merged],
    [['replace: dockerLabels.l x → (none)'], {}, { ...merged, labels: { ...IMAGE.labels, l: 'x' } }],
    // --entrypoint "": neither the entry point nor the command of the image holds
    [[], { entryPoint: [''], command: ['sh'] }, { ...merged, entryPoint: [], command: ['sh'] }],
    [[], { entryPoint: [''] }, { ...merged, entryPoint: [], command: [] }],
  ])('is %j beside what the image brings: %j', (expected, desired, actual) => {
    expect(drift(desired, actual, IMAGE)).toEqual(expected)
  })

  it('is looked at once for each image', () => {
    const finder = new DriftFinder()
    const asked = { ...PLAIN }
    const seen = shown({ ...PLAIN, user: 'www' })
    expect(finder.find(asked, seen, undefined)).toBe(undefined)
    expect(finder.find(asked, seen, { ...IMAGE, user: 'root' })?.fields[0]?.field).toBe('user')
    expect(finder.find(asked, seen, undefined)).toBe(undefined)
    expect(finder.find({ ...PLAIN, stopTimeout: 9 }, seen, undefined)?.fields[0]?.field).toBe('stopTimeout')
  })
})

describe('a setting', () => {
  const device = (PathOnHost: string) => ({ PathOnHost, PathInContainer: '/d', CgroupPermissions: 'rwm' })
  const limit = (Name: string, Soft: number) => ({ Name, Soft, Hard: 9 })

  it.each<[string, Settings, Settings]>([
    ['capabilities.add ["SYS_ADMIN"] → ["NET_ADMIN"]', { CapAdd: ['NET_ADMIN'] }, { CapAdd: ['SYS_ADMIN'] }],
    ['capabilities.drop ["A"] → ["ALL"]', { CapDrop: ['ALL'] }, { CapDrop: ['A'] }],
    ['dockerSecurityOptions (none) → ["a=b"]', { SecurityOpt: ['a:b'] }, { SecurityOpt: ['label=disable'] }],
    [
      'ulimits ["nofile=1:9"] → ["nofile=2:9"]',
      { Ulimits: [limit('nofile', 2)] },
      { Ulimits: [limit('nofile', 1)] },
    ],
    ['devices ["/x:/d:rwm"] → ["/y:/d:rwm"]', { Devices: [device('/y')] }, { Devices: [device('/x')] }],
    ['systemControls ["a=1"] → ["a=2"]', { Sysctls: { a: '2' } }, { Sysctls: { a: '1' } }],
    ['tmpfs (none) → ["/t=size=1"]', { Tmpfs: { '/t': 'size=1' } }, {}],
    ['links ["a"] → ["b"]', { Links: ['b'] }, { Links: ['a'] }],
    ['volumesFrom ["a"] → ["b"]', { VolumesFrom: ['b'] }, { VolumesFrom: ['a'] }],
    ['ipcMode host → (none)', {}, { IpcMode: 'host' }],
    ['ipcMode shareable → none', { IpcMode: 'none' }, { IpcMode: 'shareable' }],
    ['pidMode shareable → (none)', {}, { PidMode: 'shareable' }],
  ])('is another: %s', (expected, desired, actual) => {
    const [only, ...more] = drift({ settings: desired }, { settings: actual })
    expect(only?.replace(/^replace: (linuxParameters\.)?/, '')).toBe(expected)
    expect(more).toEqual([])
  })

  it.each<[string, Settings, Settings]>([
    ['capabilities', { CapAdd: ['net_admin', 'CAP_SYS_ADMIN'] }, { CapAdd: ['SYS_ADMIN', 'NET_ADMIN'] }],
    ['security options', { SecurityOpt: ['b:c', 'a=1'] }, { SecurityOpt: ['a=1', 'label=disable', 'b=c'] }],
    ['no security option', {}, { SecurityOpt: ['label=disable'] }],
    [
      'limits',
      { Ulimits: [limit('b', 1), limit('a', 1)] },
      { Ulimits: [limit('a', 1), limit('daemons', 5), limit('b', 1)] },
    ],
    ['limits of the daemon alone', {}, { Ulimits: [limit('daemons', 5)] }],
    ['devices', { Devices: [device('/y'), device('/x')] }, { Devices: [device('/x'), device('/y')] }],
    ['controls', { Sysctls: { a: '1', b: '2' } }, { Sysctls: { b: '2', a: '1' } }],
    ['links', { Links: ['b', 'a'] }, { Links: ['a', 'b'] }],
    ['volumes of others', { VolumesFrom: ['b', 'a'] }, { VolumesFrom: ['a', 'b'] }],
    ['the default of some daemons', {}, { IpcMode: 'shareable' }],
  ])('means the same however they are written: %s', (_, desired, actual) => {
    expect(drift({ settings: desired }, { settings: actual })).toEqual([])
  })
})
