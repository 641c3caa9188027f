import { describe, expect, it } from 'vitest'
import type { TaskDefinition } from '../../../engine/desired-state/desired-state.generated.ts'
import type { Action, Step } from '../../../engine/plan.ts'
import type { Reconciliation } from '../../../engine/reconcile/reconcile.ts'
import type { ServiceState } from '../../../engine/reconcile/service-state.ts'
import { Review } from '../../../engine/saved-plan/review.ts'
import type { Forecast } from '../../../engine/simulate.ts'
import { document, emptyHosts, instances, settledWorld } from '../../support/worlds.ts'

const ref = (name: string, id = `id-${name}`) => ({ id, name })
const desired = document({
  containerInstances: instances('a'),
  taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image: 'web:1' }] } },
  services: { web: { taskDefinition: 'web' } },
})
const taskDefinition: TaskDefinition = desired.taskDefinitions['web'] ?? expect.fail()
/** On instance a runs a container that deployment d0 made. */
const world = settledWorld(desired, emptyHosts('a'))
const [running] = Object.values(world.instances).flatMap(i => (i.reachable ? i.containers : []))
const made = running?.name ?? expect.fail()

const stop = (name: string, instance = 'a'): Action => ({
  kind: 'stop-container',
  instance,
  container: ref(name),
  timeout: 30,
})
const remove = (name: string, instance = 'a'): Action => ({
  kind: 'remove-container',
  instance,
  container: ref(name),
})
const start = (name: string, id?: string): Action => ({
  kind: 'start-container',
  instance: 'a',
  container: ref(name, id),
})
const unpause = (name: string): Action => ({ kind: 'unpause-container', instance: 'a', container: ref(name) })
const pull = (image: string, instance = 'a'): Action => ({ kind: 'pull-image', instance, image, mark: image })
const network = (instance = 'a'): Action => ({ kind: 'create-network', instance, name: 'prod.web' })
const dropVolume = (name: string): Action => ({ kind: 'remove-volume', instance: 'a', name })
const create = (slot: string, parts: { service?: string; revision?: string; on?: string } = {}): Action => {
  const { service = 'web', revision = 'r2', on: instance = 'a' } = parts
  const task = { cluster: 'prod', service, slot, revision }
  const rest = { family: 'web', taskDefinition, container: 'app', image: 'web@sha256:2', deployment: 'd1' }
  return { kind: 'create-container', instance, name: `${service}.${slot}.${revision}`, task, ...rest }
}

const REVIEWED = [
  pull('web@sha256:2'),
  create('1'),
  stop('stopped'),
  remove('removed'),
  start('started'),
  dropVolume('old'),
  stop('elsewhere', 'b'),
]

function wave(actions: readonly Action[], services: readonly Partial<ServiceState>[] = []): Reconciliation {
  const steps = actions.map((action, id): Step => {
    return { id, action, after: [], cause: 'because', subject: 'web.1', service: 'web' }
  })
  return { plan: { steps }, services } as unknown as Reconciliation
}

const reviewOf = (actions: readonly Action[]) => new Review({ waves: [wave(actions)] } as unknown as Forecast)

/** What a run says of a wave of this action alone, where REVIEWED was reviewed. */
function said(action: Action, deployment = 'd1', services: readonly Partial<ServiceState>[] = []) {
  return reviewOf(REVIEWED).check(wave([action], services), world, deployment)
}

describe('a run that is held to a plan may', () => {
  it.each([
    ['do each thing that was shown', stop('stopped')],
    ['start what was to be started', start('started')],
    ['remove what was to be stopped', remove('stopped')],
    ['stop what was to be removed', stop('removed')],
    ['remove a volume that was to go', dropVolume('old')],
    ['pull what was to be pulled on another instance that is touched', pull('web@sha256:2', 'b')],
    ['make a container elsewhere among the instances that are touched', create('1', { on: 'b' })],
    ['make what a task needs on an instance that is touched', network()],
    ['start what the same wave makes', start('web.1.r2', '')],
  ])('%s', (_, action) => {
    expect(said(action)).toBeUndefined()
  })

  it('stop, remove and start what it made itself', () => {
    for (const action of [stop(made), remove(made), start(made)]) expect(said(action, 'd0')).toBeUndefined()
  })
})

describe('a run that is held to a plan may not', () => {
  it.each([
    ['touch an instance that was not to be touched', network('c')],
    ['make there what was to be made elsewhere', create('1', { on: 'c' })],
    ['pull there what was to be pulled elsewhere', pull('web@sha256:2', 'c')],
    ['pull another image', pull('web@sha256:3')],
    ['make a task of another revision', create('1', { revision: 'r3' })],
    ['make a task of another service', create('1', { service: 'api' })],
    ['stop another container', stop('other')],
    ['stop one of the same name on another instance', stop('stopped', 'b')],
    ['stop what was to be started', stop('started')],
    ['start what was to be stopped', start('stopped')],
    ['unpause what was to be started', unpause('started')],
    ['remove another volume', dropVolume('data')],
    ['remove what another deployment made', remove(made)],
  ])('%s', (_, action) => {
    expect(said(action)).toMatchObject({ code: 'PLAN_STALE' })
  })

  it('take what it made itself on one instance for what has its name on another', () => {
    expect(said(remove(made, 'b'), 'd0')).toMatchObject({ code: 'PLAN_STALE' })
  })

  it('make more than was shown, however many waves it takes; to try the same again is no more', () => {
    const review = reviewOf([create('1'), create('2')])
    const check = (action: Action) => review.check(wave([action]), world, 'd1')?.code
    expect([create('1'), create('1'), create('5'), create('1'), create('6')].map(check)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'PLAN_STALE',
    ])
  })
})

describe('a service that', () => {
  const beyond = create('9', { revision: 'r1' })

  it('fails, or went back, is left to its circuit breaker', () => {
    expect(said(beyond, 'd1', [{ service: 'web', failures: 1 }])).toBeUndefined()
    expect(said(beyond, 'd1', [{ service: 'web', failures: 0, rolledBackFrom: 'r2' }])).toBeUndefined()
  })

  it('does not is held to the plan, whatever another does', () => {
    expect(said(beyond, 'd1', [{ service: 'web', failures: 0 }])).toMatchObject({ code: 'PLAN_STALE' })
    expect(said(beyond, 'd1', [{ service: 'api', failures: 3 }])).toMatchObject({ code: 'PLAN_STALE' })
  })
})

it('what goes beyond the plan is told with its instance and its cause, ten lines of it', () => {
  const many = Array.from({ length: 12 }, (_, i) => stop(`x${i}`))
  const problem = reviewOf(REVIEWED).check(wave([stop('stopped'), ...many]), world, 'd1')
  const lines = Array.from({ length: 10 }, (_, i) => `a: stop x${i} (up to 30 s) (because)`)
  expect(problem?.message).toBe(
    ['what would be done next is not in the plan that was reviewed:', ...lines].join('\n'),
  )
})
