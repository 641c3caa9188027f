import * as fc from 'fast-check'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import { document } from '../support/worlds.ts'

/** One service with its task definition, in few words. */
export interface ServiceShape {
  readonly daemon: boolean
  readonly count: number
  readonly version: number
  readonly containers: 'one' | 'sidecar' | 'init'
  readonly memory: number
  readonly cpu: number
  readonly hostPort: number
  readonly network: 'bridge' | 'host' | 'awsvpc'
  readonly healthCheck: boolean
  readonly minimum: number
  readonly maximum: number
  readonly distinct: boolean
  readonly zone: string
  /** shared: its data is on the instance; server: it is NFS. */
  readonly volume: 'none' | 'task' | 'shared' | 'server'
  readonly strategy: 'default' | 'binpack' | 'random'
  readonly breaker: keyof typeof BREAKERS
  readonly secret: boolean
  /** For the service before it in the document. */
  readonly waits: boolean
  /** For a task of its own task definition that runs once. */
  readonly migrates: boolean
}

export interface InstanceShape {
  readonly zone: string
  readonly memoryMiB: number
  readonly draining: boolean
}

/** A task that runs once, with a task definition of its own. */
export interface TaskShape {
  readonly count: number
  readonly version: number
  readonly containers: 'one' | 'sidecar' | 'init'
  readonly memory: number
  readonly volume: ServiceShape['volume']
  readonly distinct: boolean
  readonly zone: string
  /** What it says over its task definition: a variable's value. 0: nothing. */
  readonly override: number
  /** How often it was asked for once more. */
  readonly nonce: number
  /** For the first service of the document. */
  readonly waits: boolean
}

/** By name; what is undefined is not in the document. */
export interface DocumentShape {
  readonly instances: Readonly<Record<string, InstanceShape>>
  readonly services: Readonly<Record<string, ServiceShape | undefined>>
  readonly tasks?: Readonly<Record<string, TaskShape | undefined>>
  /** Default: a silent instance is never taken for lost. */
  readonly lostAfterSeconds?: number
}

const common = <T>(value: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(value) }, fc.constantFrom(...others))

/** Services as they come: with ports, constraints and demands that may not all be met. */
export const anyService: fc.Arbitrary<ServiceShape> = fc.record({
  daemon: common(false, true),
  count: fc.integer({ min: 0, max: 5 }),
  version: fc.constantFrom(1, 2, 3),
  containers: common('one', 'sidecar', 'init'),
  memory: common(64, 0, 200, 400),
  cpu: common(0, 256, 512),
  hostPort: common(0, 8080, 8081),
  network: common('bridge', 'host', 'awsvpc'),
  healthCheck: fc.boolean(),
  minimum: common(100, 50, 0, 67),
  maximum: common(200, 100, 150),
  distinct: common(false, true),
  zone: common('', 'x', 'y'),
  volume: common('none', 'task', 'shared', 'server'),
  strategy: common('default', 'binpack', 'random'),
  waits: common(false, true),
  migrates: common(false, true),
  breaker: common('none', 'off', 'cumulative', 'first failure', 'rolls back'),
  secret: common(false, true),
})

/** The service as one that a cluster always has room for, also while it changes. */
export function easy(shape: ServiceShape): ServiceShape {
  return {
    ...shape,
    memory: Math.min(shape.memory, 64),
    cpu: 0,
    hostPort: 0,
    network: shape.network === 'host' ? 'bridge' : shape.network,
    minimum: shape.daemon || shape.maximum < 200 ? 0 : shape.minimum,
    distinct: false,
    zone: '',
  }
}

/** Tasks that run once. */
export const anyTask: fc.Arbitrary<TaskShape> = fc.record({
  count: common(1, 2, 3),
  version: fc.constantFrom(1, 2, 3),
  containers: common('one', 'sidecar', 'init'),
  memory: common(64, 0, 200),
  volume: common('none', 'task', 'shared', 'server'),
  distinct: common(false, true),
  zone: common('', 'x', 'y'),
  override: common(0, 1, 2),
  nonce: fc.constant(0),
  waits: common(false, true),
})

/** The same service with some of it changed; often all of it stays. */
export const anyChange: fc.Arbitrary<{ before: ServiceShape; after: ServiceShape }> = fc
  .tuple(
    anyService,
    anyService,
    fc.subarray(
      ['count', 'version', 'healthCheck', 'minimum', 'maximum', 'hostPort', 'zone', 'volume'] as const,
      { maxLength: 3 },
    ),
  )
  .map(([before, other, which]) => ({
    before,
    after: { ...before, ...Object.fromEntries(which.map(key => [key, other[key]])) },
  }))

export const anyInstance: fc.Arbitrary<InstanceShape> = fc.record({
  zone: fc.constantFrom('x', 'y'),
  memoryMiB: common(1024, 512, 256),
  draining: fc.constant(false),
})

/** Where the secret of a service that has one comes from. */
export const SECRET = 'env:KEY'

/** The document that these shapes are short for. */
export function documentOf(shape: DocumentShape): DesiredState {
  const { instances, services, tasks = {}, lostAfterSeconds } = shape
  const once = Object.entries(tasks).flatMap(([name, task]) => (task ? [[name, task] as const] : []))
  const there = Object.entries(services).flatMap(([name, shape]) => (shape ? [[name, shape] as const] : []))
  return document({
    ...(lostAfterSeconds !== undefined && { lostAfterSeconds }),
    containerInstances: Object.fromEntries(
      Object.entries(instances).map(([name, { zone, draining }]) => [
        name,
        { address: `ssh://${name}`, attributes: { zone }, status: draining ? 'DRAINING' : 'ACTIVE' },
      ]),
    ),
    taskDefinitions: Object.fromEntries(
      [...there, ...once.map(([name, task]) => [name, { ...ALONE, ...task }] as const)].map(([name, s]) => [
        name,
        taskDefinition(s),
      ]),
    ),
    tasks: Object.fromEntries([
      ...there.flatMap(([name, { migrates, count }]) =>
        migrates ? [[`${name}-once`, { taskDefinition: name, count: Math.max(1, count % 3) }]] : [],
      ),
      ...once.map(([name, task]) => [name, runTask(name, task, there[0]?.[0])]),
    ]),
    services: Object.fromEntries(
      there.map(([name, shape], i) => {
        const before = shape.waits ? (there[i - 1]?.slice(0, 1) ?? []) : []
        return [name, service(name, shape, [...before, ...(shape.migrates ? [`${name}-once`] : [])])]
      }),
    ),
  })
}

/** What a task definition is made of that no service has. */
const ALONE = { cpu: 0, hostPort: 0, network: 'bridge', healthCheck: false, secret: false } as const

function runTask(family: string, task: TaskShape, service: string | undefined): object {
  const { count, override, nonce, distinct, zone, waits } = task
  const environment = [{ name: 'WORD', value: String(override) }]
  return {
    taskDefinition: family,
    count,
    ...(override > 0 && { overrides: { containerOverrides: [{ name: 'app', environment }] } }),
    ...(nonce > 0 && { nonce: String(nonce) }),
    placementConstraints: constraints(distinct, zone),
    dependsOn: waits && service !== undefined ? [service] : [],
  }
}

/** What a task definition is made of. */
type DefinitionShape = Pick<ServiceShape, keyof typeof ALONE | 'version' | 'containers' | 'memory' | 'volume'>

function taskDefinition(shape: DefinitionShape): object {
  const image = `app:${shape.version}`
  const healthCheck = shape.healthCheck && { healthCheck: { command: ['CMD', 'true'] } }
  const sourceVolume = shape.volume === 'server' ? 'files' : 'data'
  const mountPoints = shape.volume === 'none' ? [] : [{ sourceVolume, containerPath: '/data' }]
  const app = {
    name: 'app',
    image,
    cpu: shape.cpu,
    ...(shape.memory > 0 && { memory: shape.memory }),
    portMappings: shape.hostPort > 0 ? [{ containerPort: shape.hostPort, hostPort: shape.hostPort }] : [],
    mountPoints,
    secrets: shape.secret ? [{ name: 'KEY', valueFrom: SECRET }] : [],
    ...healthCheck,
  }
  return {
    networkMode: shape.network,
    containerDefinitions: [app, ...others(shape)].map(container => ({
      ...container,
      ...(container.name === 'app' && { dependsOn: dependencies(shape) }),
    })),
    volumes:
      shape.volume === 'none'
        ? []
        : [
            {
              // a volume that exists stays what it was made as
              name: shape.volume === 'server' ? 'files' : 'data',
              dockerVolumeConfiguration: VOLUMES[shape.volume],
            },
          ],
  }
}

const VOLUMES = {
  task: { scope: 'task' },
  shared: { scope: 'shared', autoprovision: true },
  server: {
    scope: 'shared',
    autoprovision: true,
    driverOpts: { type: 'nfs', device: ':/files', o: 'addr=10.0.0.1' },
  },
}

function others({ containers, version }: DefinitionShape): { name: string }[] {
  const healthCheck = { command: ['CMD', 'true'] }
  const init = { name: 'init', image: `init:${version}`, essential: false }
  const proxy = { name: 'proxy', image: 'proxy:1', healthCheck }
  const logger = { name: 'logger', image: 'logger:1', essential: false }
  if (containers === 'one') return []
  return containers === 'sidecar' ? [proxy, logger] : [init]
}

function dependencies({ containers }: DefinitionShape): object[] {
  if (containers === 'one') return []
  if (containers === 'init') return [{ containerName: 'init', condition: 'SUCCESS' }]
  return [
    { containerName: 'proxy', condition: 'HEALTHY' },
    { containerName: 'logger', condition: 'START' },
  ]
}

function service(name: string, shape: ServiceShape, dependsOn: readonly unknown[]): object {
  const { daemon, maximum, distinct, zone, strategy } = shape
  // equal percentages are refused by the document: nothing could ever be replaced
  const minimum = Math.min(shape.minimum, (daemon ? 100 : maximum) - 1)
  return {
    taskDefinition: name,
    dependsOn,
    schedulingStrategy: daemon ? 'DAEMON' : 'REPLICA',
    ...(!daemon && { desiredCount: shape.count }),
    deploymentConfiguration: {
      minimumHealthyPercent: minimum,
      ...(!daemon && { maximumPercent: maximum }),
      ...BREAKERS[shape.breaker],
    },
    placementConstraints: constraints(distinct && !daemon, zone),
    ...(!daemon && { placementStrategy: STRATEGIES[strategy] }),
  }
}

function constraints(distinct: boolean, zone: string): object[] {
  return [
    ...(distinct ? [{ type: 'distinctInstance' }] : []),
    ...(zone === '' ? [] : [{ type: 'memberOf', expression: `attribute:zone == ${zone}` }]),
  ]
}

const breaker = (enable: boolean, rollback: boolean, more: object = {}) => ({
  deploymentCircuitBreaker: { enable, rollback, ...more },
})

const BREAKERS = {
  none: {},
  off: breaker(false, false),
  cumulative: breaker(true, false, { resetOnHealthyTask: false }),
  'first failure': breaker(true, false, { thresholdConfiguration: { type: 'COUNT', value: 1 } }),
  'rolls back': breaker(true, true),
}

const STRATEGIES = {
  default: [],
  binpack: [{ type: 'binpack', field: 'memory' }],
  random: [{ type: 'random' }],
}
