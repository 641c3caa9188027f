import { describe, expect, it } from 'vitest'
import type { Marks } from '../../../engine/ledger/record.ts'
import type { ObservedState } from '../../../engine/observed-state.ts'
import { problem } from '../../../engine/errors.ts'
import { forecast } from '../../../engine/simulate.ts'
import {
  changeContainers,
  context,
  document,
  emptyHosts,
  instances,
  look,
  printWaves,
  settledWorld,
} from '../../support/worlds.ts'

const three = emptyHosts('a', 'b', 'c')
const said = { time: '2026-01-05T00:00:00.000Z', who: 'ann@laptop' }
const lostMark = (localData = false): Marks => ({
  c: { version: 1, ...said, lost: { ...said, localData } },
})
const silentMark: Marks = { c: { version: 1, ...said, silentSince: said.time } }
const DAY = 24 * 3600 * 1000
const later = Date.parse(said.time) + DAY

function web(
  parts: { task?: object; hosts?: object; more?: object; image?: string; container?: object } = {},
) {
  const { task = {}, hosts = instances('a', 'b', 'c'), more = {}, image = 'nginx:1', container = {} } = parts
  return document({
    containerInstances: hosts,
    taskDefinitions: {
      web: { containerDefinitions: [{ name: 'nginx', image, memory: 64, ...container }], ...task },
    },
    services: {
      web: {
        taskDefinition: 'web',
        desiredCount: 3,
        placementStrategy: [{ type: 'spread', field: 'instanceId' }],
      },
    },
    ...more,
  })
}

const shared = (driver: object = {}) =>
  web({
    task: {
      volumes: [
        { name: 'data', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true, ...driver } },
      ],
    },
    container: { mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] },
  })

/** The world without one instance's answer. */
function without(world: ObservedState, name = 'c'): ObservedState {
  const why = problem('HOST_UNREACHABLE', 'no answer')
  return { instances: { ...world.instances, [name]: { name, reachable: false, problem: why } } }
}

const texts = (list: readonly { code: string; message: string }[]) => list.map(p => `${p.code} ${p.message}`)

describe('an instance that is marked as lost', () => {
  const dark = without(settledWorld(web(), three))

  it('has its tasks replaced on the others', () => {
    expect(printWaves(web(), dark, { marks: lostMark() })).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a create web.3 nginx of 51cfb424 (3 desired, 2 run; c is marked as lost (ann@laptop, 2026-01-05T00:00:00.000Z))",
        " 1 a start prod.web.3.51cfb424.nginx after 0 (3 desired, 2 run; c is marked as lost (ann@laptop, 2026-01-05T00:00:00.000Z))",
      ]
    `)
    const { services, warnings } = look(web(), dark, { marks: lostMark() })
    expect(services[0]).toMatchObject({ presumed: 0, running: 2 })
    expect(texts(warnings)).toMatchInlineSnapshot(`
      [
        "INSTANCE_LOST c is marked as lost (ann@laptop, 2026-01-05T00:00:00.000Z): its tasks are replaced",
      ]
    `)
  })

  it('and answers again stays in use: no task is started on a guess, and none that has no double goes', () => {
    expect(printWaves(web(), settledWorld(web(), three), { marks: lostMark() })).toEqual([])
  })

  it('does not take its tasks with it that may run on another which is only silent', () => {
    const darker = without(dark, 'b')
    const now = look(web(), darker, { marks: lostMark() })
    expect(now.plan.steps).toEqual([])
    expect(now.services[0]).toMatchObject({ presumed: 2 })
    expect(now.warnings.at(-1)?.message).toContain('may run on b;')
  })

  it('once it is back has those of its tasks removed that run elsewhere by now, within the bounds', () => {
    const replaced = settledWorldWith(lostMark(), dark)
    const back = { instances: { ...replaced.instances, c: settledWorld(web(), three).instances['c'] } }
    const waves = printWaves(web(), back as ObservedState, { marks: lostMark() })
    expect(waves).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 c stop prod.web.3.51cfb424.nginx (up to 30 s) (c was lost, and web.3 was started again elsewhere)",
        " 1 c remove prod.web.3.51cfb424.nginx after 0 (c was lost, and web.3 was started again elsewhere)",
      ]
    `)
  })

  it('once it is back without its mark has no more tasks than wanted either', () => {
    const replaced = settledWorldWith(lostMark(), dark)
    const back = { instances: { ...replaced.instances, c: settledWorld(web(), three).instances['c'] } }
    const steps = printWaves(web(), back as ObservedState)
    expect(steps.filter(s => s.includes('stop prod.web'))).toHaveLength(1)
  })

  it('of two tasks that came of it the one stays that runs, though it is not in service yet', () => {
    const { a } = settledWorld(web(), three).instances
    if (!a?.reachable) throw new Error('a is there')
    const down = a.containers.map(c => ({ ...c, status: 'exited' as const, exitCode: 0 }))
    const young = a.containers.map(c => ({ ...c, startedAt: a.clock }))
    const both = {
      instances: {
        a: { ...a, containers: down },
        b: { ...a, name: 'b', containers: young },
        c: { ...a, name: 'c', containers: [] },
      },
    }
    const gone = look(web(), both).plan.steps.filter(s => s.action.kind === 'remove-container')
    expect(gone.map(s => `${s.action.instance} ${s.cause}`)).toEqual(['a web.1 runs on b too'])
  })

  it('is no place for a task, and its DAEMON task is nowhere else', () => {
    const agent = document({
      containerInstances: instances('a', 'b', 'c'),
      taskDefinitions: { agent: { containerDefinitions: [{ name: 'agent', image: 'agent:1' }] } },
      services: { agent: { taskDefinition: 'agent', schedulingStrategy: 'DAEMON' } },
    })
    const now = look(agent, without(settledWorld(agent, three)), { marks: lostMark() })
    expect(now).toMatchObject({ plan: { steps: [] }, converged: true })
  })
})

/** The world once its lost tasks are replaced. */
function settledWorldWith(marks: Marks, observed: ObservedState): ObservedState {
  return forecast(web(), observed, context(web(), { marks, deployment: 'd0' })).world
}

describe('an instance that is silent', () => {
  const dark = without(settledWorld(web(), three))
  const timed = web({ more: { lostAfterSeconds: 3600 } })

  it('keeps its tasks presumed until the time of the document has run out', () => {
    const before = look(timed, dark, { marks: silentMark, now: Date.parse(said.time) + 3_599_000 })
    expect(before.plan.steps).toEqual([])
    expect(before.services[0]).toMatchObject({ presumed: 1 })
    const after = look(timed, dark, { marks: silentMark, now: Date.parse(said.time) + 3_600_000 })
    expect(after.plan.steps.length).toBeGreaterThan(0)
    expect(texts(after.warnings)).toContain(
      'INSTANCE_LOST c has not answered since 2026-01-05T00:00:00.000Z, longer than the 3600 s after which the document takes it for lost: its tasks are replaced',
    )
  })

  it('is never lost by time alone where the document gives none', () => {
    expect(look(web(), dark, { marks: silentMark, now: later }).plan.steps).toEqual([])
  })
})

describe('a task with local data', () => {
  const desired = shared()
  const dark = without(settledWorld(desired, three))

  it('is not started a second time where its instance is lost, until somebody says that its data is too', () => {
    const now = look(desired, dark, { marks: lostMark() })
    expect(now.plan.steps).toEqual([])
    expect(now.services[0]).toMatchObject({ presumed: 1 })
    expect(texts(now.warnings)).toMatchInlineSnapshot(`
      [
        "INSTANCE_LOST c is marked as lost (ann@laptop, 2026-01-05T00:00:00.000Z): its tasks are replaced",
        "INSTANCE_LOST web: 1 of 3 tasks are not seen, and their data (volume data) was on c alone; they are not started again elsewhere",
      ]
    `)
    const steps = printWaves(desired, dark, { marks: lostMark(true) })
    expect(steps.filter(s => s.includes('create web.3'))).toHaveLength(1)
  })

  it('is not started a second time by the document’s time', () => {
    const timed = { ...desired, lostAfterSeconds: 3600 }
    expect(look(timed, dark, { marks: silentMark, now: later }).plan.steps).toEqual([])
  })

  it('is presumed on the instances that are silent and on those that are lost, by their names', () => {
    const darker = without(without(settledWorld(desired, three), 'a'), 'b')
    const marks = { a: { version: 1, ...said, lost: { ...said, localData: false } } } as const
    const { warnings } = look(desired, darker, { marks })
    expect(warnings.at(-1)?.message).toContain('and may run on a, b;')
    expect(warnings.at(-1)?.next).toBe(
      'Bring a, b back; or, if it is gone for good, stowage instance lost b.',
    )
    const { warnings: lost } = look(desired, dark, { marks: lostMark() })
    expect(lost.at(-1)?.next).toBe(
      'Bring c back; or, to start anew without that data, stowage instance lost c --local-data.',
    )
    expect(lost.at(-1)).toMatchObject({ service: 'web' })
  })

  const path = (readOnly: boolean) =>
    web({
      task: { volumes: [{ name: 'logs', host: { sourcePath: '/var/log/web' } }] },
      container: { mountPoints: [{ sourceVolume: 'logs', containerPath: '/logs', readOnly }] },
    })

  it.each([
    ['a volume of Docker’s own driver', shared(), true],
    ['a volume on NFS', shared({ driver: 'local', driverOpts: { type: 'nfs', device: ':/x' } }), false],
    ['a volume of a plugin', shared({ driver: 'rexray' }), false],
    ['a path of the host that it writes to', path(false), true],
    ['a path of the host that it only reads', path(true), false],
    ['a volume that lives as long as the task', web({ task: { volumes: [{ name: 'scratch' }] } }), false],
  ])('%s is local data: %s', (_, document, isLocal) => {
    const steps = look(document, without(settledWorld(document, three)), { marks: lostMark() }).plan.steps
    expect(steps.length === 0).toBe(isLocal)
  })
})

describe('a drained instance', () => {
  const drained: Marks = { c: { version: 1, ...said, draining: said } }

  it('is emptied as one that the document drains, start-first', () => {
    const hosts = { ...instances('a', 'b'), c: { address: 'ssh://c', status: 'DRAINING' } }
    const byDocument = printWaves(web({ hosts }), settledWorld(web(), three))
    expect(byDocument.length).toBeGreaterThan(0)
    expect(printWaves(web(), settledWorld(web(), three), { marks: drained })).toEqual(byDocument)
  })

  it('has what is not in service stopped at once, though too few are in service', () => {
    const world = changeContainers(
      settledWorld(web(), three),
      (_, instance) => instance === 'c',
      c => ({ ...c, health: 'starting', config: { ...c.config } }),
    )
    const young = changeContainers(
      world,
      (_, instance) => instance === 'c',
      c => ({ ...c, startedAt: Date.UTC(2030, 0, 1) }),
    )
    const { plan } = look(web(), young, { marks: drained })
    const stops = plan.steps.filter(s => s.action.kind === 'stop-container')
    expect(stops.map(s => s.action.instance)).toEqual(['c'])
  })

  it('has its daemons stopped last, once no replica is left', () => {
    const both = document({
      containerInstances: instances('a', 'b', 'c'),
      taskDefinitions: {
        web: { containerDefinitions: [{ name: 'nginx', image: 'nginx:1' }] },
        agent: { containerDefinitions: [{ name: 'agent', image: 'agent:1' }] },
      },
      services: {
        web: {
          taskDefinition: 'web',
          desiredCount: 3,
          placementStrategy: [{ type: 'spread', field: 'instanceId' }],
        },
        agent: { taskDefinition: 'agent', schedulingStrategy: 'DAEMON' },
      },
    })
    const waves = printWaves(both, settledWorld(both, three), { marks: drained })
    const at = (text: string) => waves.findIndex(line => line.includes(text))
    expect(at('remove prod.web.3')).toBeGreaterThan(0)
    expect(at('stop prod.agent.c')).toBeGreaterThan(at('remove prod.web.3'))
  })
})

describe('a task that runs once', () => {
  const once = document({
    containerInstances: instances('a', 'b', 'c'),
    taskDefinitions: { migrate: { containerDefinitions: [{ name: 'm', image: 'migrate:1' }] } },
    tasks: { migrate: { taskDefinition: 'migrate' } },
  })
  const world = settledWorld(once, three)
  const [where = ''] = Object.values(world.instances).flatMap(i =>
    i.reachable && i.containers.length > 0 ? [i.name] : [],
  )
  const mark = lostMark(true)['c']

  it('is run a second time for no instance that is lost: it may have run there', () => {
    const now = look(once, without(world, where), { marks: mark ? { [where]: mark } : {} })
    expect(now.plan.steps).toEqual([])
    expect(now.services[0]).toMatchObject({ presumed: 1 })
  })

  it('may have run on what is silent and on what is lost, by their names', () => {
    const marks = { a: { version: 1, ...said, lost: { ...said, localData: true } } } as const
    const bare = changeContainers(
      world,
      () => true,
      () => undefined,
    )
    const { warnings } = look(once, without(without(bare, 'a'), 'b'), { marks })
    expect(warnings.at(-1)?.message).toContain('may run, or have run, on a, b,')
  })

  it('is left alone on a drained instance', () => {
    const runs = changeContainers(
      world,
      () => true,
      c => ({ ...c, status: 'running', finishedAt: 0 }),
    )
    const drained: Marks = { [where]: { version: 1, ...said, draining: said } }
    const now = look(once, runs, { marks: drained })
    expect(now.plan.steps).toEqual([])
    expect(now.services[0]).toMatchObject({ running: 1, rollout: 'IN_PROGRESS' })
  })
})
