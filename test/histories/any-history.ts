import * as fc from 'fast-check'
import {
  anyInstance,
  anyService,
  anyTask,
  easy,
  type InstanceShape,
  type ServiceShape,
  type TaskShape,
} from '../properties/documents.ts'
import type { Event, Hurt } from './event.ts'
import { CRASHES } from './time.ts'

/** What happened to a cluster, from its first day on. Small words, so that a failing one prints well. */
export interface History {
  readonly instances: readonly InstanceShape[]
  readonly services: readonly ServiceShape[]
  readonly events: readonly Event[]
  /** The ledger is kept. Default: it is not. */
  readonly remembers?: boolean
  /** The document's. */
  readonly lostAfterSeconds?: number
}

const MOST_SERVICES = 3
const HURTS: readonly Hurt[] = [
  'dies',
  'stopped',
  'paused',
  'removed',
  'unhealthy',
  'renamed',
  'changed',
  'squeezed',
]

const few = fc.array(fc.nat(7), { maxLength: 3 })
const service = fc.nat(MOST_SERVICES - 1)
const instance = fc.nat(3)
const task = fc.nat(1)

function anyEvent(
  anyShape: fc.Arbitrary<ServiceShape>,
  anyTaskShape: fc.Arbitrary<TaskShape>,
): fc.Arbitrary<Event> {
  const one = (weight: number, arbitrary: fc.Arbitrary<Event>) => ({ weight, arbitrary })
  const just = <T extends Event['do']>(...what: T[]) => fc.constantFrom(...what)
  return fc.oneof(
    one(2, fc.record({ do: just('change'), service, to: anyShape }, { requiredKeys: ['do', 'service'] })),
    one(3, fc.record({ do: just('scale'), service, count: fc.nat(5) })),
    one(5, fc.record({ do: just('revise'), service, version: fc.integer({ min: 1, max: 5 }) })),
    one(1, fc.record({ do: just('drain', 'activate'), instance, byHand: fc.boolean() })),
    one(1, fc.record({ do: just('run'), task, to: anyTaskShape }, { requiredKeys: ['do', 'task'] })),
    one(1, fc.record({ do: just('run again'), task })),
    one(1, fc.record({ do: just('found'), instance })),
    one(2, fc.record({ do: just('cut', 'down'), instance })),
    one(1, fc.record({ do: just('lost'), instance, data: fc.boolean() })),
    one(3, fc.record({ do: just('return'), instance })),
    one(3, fc.record({ do: just('hurt'), container: fc.nat(30), how: fc.constantFrom(...HURTS) })),
    one(1, fc.constant({ do: 'rotate' })),
    one(1, fc.record({ do: just('foreign'), instance, takes: fc.constantFrom('8080', '8081', 'name') })),
    one(1, fc.constant({ do: 'foreign goes' })),
    one(9, fc.record({ do: just('time'), late: few })),
    one(12, anyWave),
    one(1, fc.constant({ do: 'kill' })),
    one(3, fc.constant({ do: 'apply' })),
  )
}

const anyWave: fc.Arbitrary<Event> = fc.record(
  {
    do: fc.constant('wave' as const),
    order: fc.array(fc.nat(7), { maxLength: 4 }),
    dies: fc.nat(12),
    lost: few,
    unanswered: few,
    stale: instance,
  },
  { requiredKeys: ['do', 'order'] },
)

/** Events as they come alone, and a deployment that goes on for a while: what it meets it has to meet half-way. */
function anyEvents(
  anyShape: fc.Arbitrary<ServiceShape>,
  anyTaskShape: fc.Arbitrary<TaskShape>,
): fc.Arbitrary<Event[]> {
  const revise = fc.record({
    do: fc.constant('revise' as const),
    service,
    version: fc.integer({ min: 1, max: 5 }),
  })
  const onTheWay = fc.oneof(anyWave, fc.record({ do: fc.constant('time' as const), late: few }))
  const apply = fc.constant<Event>({ do: 'apply' })
  const isLost = fc
    .tuple(fc.constantFrom('cut' as const, 'down' as const), instance, fc.boolean(), fc.boolean())
    .map(([how, at, data, isBack]): Event[] => [
      { do: how, instance: at },
      { do: 'lost', instance: at, data },
      { do: 'apply' },
      ...(isBack ? [{ do: 'return' as const, instance: at }, { do: 'apply' as const }] : []),
    ])
  const rotate = fc.constant<Event>({ do: 'rotate' })
  const drain = fc.record({ do: fc.constant('drain' as const), instance, byHand: fc.boolean() })
  const isTaken = fc
    .tuple(instance, fc.boolean())
    .map(([at, isFound]): Event[] => [
      { do: 'cut', instance: at },
      { do: 'apply' },
      { do: 'time', late: [] },
      ...(isFound ? [{ do: 'found' as const, instance: at }] : []),
      { do: 'time', late: [] },
      { do: 'apply' },
    ])
  // what runs once, and something that comes over it before the next apply
  const runsOnce = fc
    .tuple(
      fc.record({ do: fc.constant('run' as const), task, to: anyTaskShape }),
      anyEvent(anyShape, anyTaskShape),
      fc.boolean(),
    )
    .map(([run, between, isAgain]): Event[] => [
      run,
      { do: 'apply' },
      between,
      ...(isAgain ? [{ do: 'run again' as const, task: run.task }] : []),
      { do: 'apply' },
    ])
  const byHand = fc.record({
    do: fc.constant('hurt' as const),
    container: fc.nat(30),
    how: fc.constantFrom<Hurt>('changed', 'squeezed', 'renamed'),
  })
  const wholeWave = fc.constant<Event>({ do: 'wave', order: [] })
  const dies = fc.record({
    do: fc.constant('hurt' as const),
    container: fc.nat(30),
    how: fc.constantFrom<Hurt>('dies', 'removed', 'unhealthy'),
  })
  const takesName = fc.record({
    do: fc.constant('foreign' as const),
    instance,
    takes: fc.constant('name' as const),
  })
  const several = fc.oneof(
    { weight: 5, arbitrary: anyEvent(anyShape, anyTaskShape).map(event => [event]) },
    { weight: 2, arbitrary: fc.tuple(revise, apply) },
    { weight: 1, arbitrary: fc.tuple(revise, takesName, apply) },
    { weight: 1, arbitrary: isLost },
    { weight: 1, arbitrary: isTaken },
    { weight: 2, arbitrary: runsOnce },
    { weight: 1, arbitrary: fc.tuple(fc.oneof(byHand, rotate, drain), apply) },
    { weight: 1, arbitrary: fc.tuple(revise, wholeWave, wholeWave, dies, wholeWave, apply) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(revise, fc.array(onTheWay, { minLength: 3, maxLength: 8 }), apply)
        .map(([first, events, last]): Event[] => [first, ...events, last]),
    },
  )
  return fc.array(several, { minLength: 2, maxLength: 14, size: 'max' }).map(all => all.flat())
}

/** A service that goes back where it fails is what most of it is about. */
function goingBack(shape: fc.Arbitrary<ServiceShape>): fc.Arbitrary<ServiceShape> {
  return fc
    .tuple(shape, fc.boolean())
    .map(([s, goesBack]) => (goesBack ? { ...s, breaker: 'rolls back' } : s))
}

/** One that fails, now and then. */
function withCrashes(shape: fc.Arbitrary<TaskShape>): fc.Arbitrary<TaskShape> {
  return fc.tuple(shape, fc.nat(5)).map(([t, n]) => (n === 0 ? { ...t, version: CRASHES } : t))
}

/** Histories of clusters that may not have room for all. */
export const anyHistory: fc.Arbitrary<History> = historyOf(
  anyInstance,
  goingBack(anyService),
  withCrashes(anyTask),
)

/** Histories of clusters with room for all that they are to run. */
export const anyEasyHistory: fc.Arbitrary<History> = historyOf(
  anyInstance.map(i => ({ ...i, memoryMiB: 8192 })),
  goingBack(anyService.map(easy)),
  withCrashes(anyTask).map(t => ({ ...t, memory: 64, distinct: false, zone: '' })),
)

function historyOf(
  instances: fc.Arbitrary<InstanceShape>,
  services: fc.Arbitrary<ServiceShape>,
  tasks: fc.Arbitrary<TaskShape>,
): fc.Arbitrary<History> {
  return fc.record({
    remembers: fc.boolean(),
    lostAfterSeconds: fc.constantFrom(60, 5400, 365 * 86_400),
    instances: fc.array(instances, { minLength: 2, maxLength: 4 }),
    services: fc.array(services, { minLength: 1, maxLength: MOST_SERVICES }),
    events: anyEvents(services, tasks),
  })
}
