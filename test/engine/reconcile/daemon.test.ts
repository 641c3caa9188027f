import { describe, expect, it } from 'vitest'
import type { ObservedContainer, ObservedState } from '../../../engine/observed-state.ts'
import { printPlan } from '../../../engine/print-plan.ts'
import { forecast } from '../../../engine/simulate.ts'
import {
  changeContainers,
  context,
  document,
  emptyHosts,
  host,
  instances,
  look,
  printWaves,
  settledWorld,
  withoutAnswer,
} from '../../support/worlds.ts'

const two = emptyHosts('a', 'b')

interface Parts {
  readonly image?: string
  readonly memory?: number
  readonly container?: object
  readonly service?: object
  readonly hosts?: object
  readonly more?: object
}

function agent({ image = 'agent:1', memory = 64, hosts = instances('a', 'b'), ...parts }: Parts = {}) {
  const { service = {}, container = {}, more = {} } = parts
  const task = { containerDefinitions: [{ name: 'agent', image, memory, ...container }] }
  return document({
    containerInstances: hosts,
    taskDefinitions: { agent: task, web: { containerDefinitions: [{ name: 'web', image: 'web:1' }] } },
    services: { agent: { taskDefinition: 'agent', schedulingStrategy: 'DAEMON', ...service }, ...more },
  })
}

describe('a DAEMON service', () => {
  it('has one task on each ACTIVE instance', () => {
    expect(printWaves(agent(), two)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a pull agent@sha256:97ead756… (2 desired, none runs)",
        " 1 b pull agent@sha256:97ead756… (2 desired, none runs)",
        "wave 2",
        " 0 a create agent.a agent of ae6e8943 (2 desired, none runs)",
        " 1 a start prod.agent.a.ae6e8943.agent after 0 (2 desired, none runs)",
        " 2 b create agent.b agent of ae6e8943 (2 desired, none runs)",
        " 3 b start prod.agent.b.ae6e8943.agent after 2 (2 desired, none runs)",
      ]
    `)
  })

  it('that is as the document says plans nothing', () => {
    expect(look(agent(), settledWorld(agent(), two))).toMatchObject({ converged: true, plan: { steps: [] } })
  })

  it('stops the old task before it starts the new one, with the image pulled before', () => {
    expect(printWaves(agent({ image: 'agent:2' }), settledWorld(agent(), two))).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a pull agent@sha256:97ead757… (revision ae6e8943 → c5b26f11)",
        " 1 b pull agent@sha256:97ead757… (revision ae6e8943 → c5b26f11)",
        "wave 2",
        " 0 a stop prod.agent.a.ae6e8943.agent (up to 30 s) (revision ae6e8943 → c5b26f11)",
        " 1 a remove prod.agent.a.ae6e8943.agent after 0 (revision ae6e8943 → c5b26f11)",
        " 2 b stop prod.agent.b.ae6e8943.agent (up to 30 s) (revision ae6e8943 → c5b26f11)",
        " 3 b remove prod.agent.b.ae6e8943.agent after 2 (revision ae6e8943 → c5b26f11)",
        "wave 3",
        " 0 a create agent.a agent of c5b26f11 (2 desired, none runs)",
        " 1 a start prod.agent.a.c5b26f11.agent after 0 (2 desired, none runs)",
        " 2 b create agent.b agent of c5b26f11 (2 desired, none runs)",
        " 3 b start prod.agent.b.c5b26f11.agent after 2 (2 desired, none runs)",
      ]
    `)
  })

  it('with a minimum is replaced one after the other', () => {
    const service = { deploymentConfiguration: { minimumHealthyPercent: 50 } }
    expect(
      printWaves(agent({ image: 'agent:2', service }), settledWorld(agent(), two)),
    ).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a pull agent@sha256:97ead757… (revision ae6e8943 → c5b26f11)",
        " 1 b pull agent@sha256:97ead757… (revision ae6e8943 → c5b26f11)",
        "wave 2",
        " 0 a stop prod.agent.a.ae6e8943.agent (up to 30 s) (revision ae6e8943 → c5b26f11)",
        " 1 a remove prod.agent.a.ae6e8943.agent after 0 (revision ae6e8943 → c5b26f11)",
        "wave 3",
        " 0 a create agent.a agent of c5b26f11 (revision ae6e8943 → c5b26f11)",
        " 1 a start prod.agent.a.c5b26f11.agent after 0 (revision ae6e8943 → c5b26f11)",
        "wave 4",
        " 0 b stop prod.agent.b.ae6e8943.agent (up to 30 s) (revision ae6e8943 → c5b26f11)",
        " 1 b remove prod.agent.b.ae6e8943.agent after 0 (revision ae6e8943 → c5b26f11)",
        "wave 5",
        " 0 b create agent.b agent of c5b26f11 (2 desired, 1 run)",
        " 1 b start prod.agent.b.c5b26f11.agent after 0 (2 desired, 1 run)",
      ]
    `)
  })

  it('gets a task on an instance that is added, and no REPLICA task moves', () => {
    const more = { web: { taskDefinition: 'web', desiredCount: 4 } }
    const hosts = instances('a', 'b', 'c')
    const world = settledWorld(agent({ more }), two)
    const three = { instances: { ...world.instances, c: host('c') } }
    expect(printWaves(agent({ more, hosts }), three)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 c pull agent@sha256:97ead756… (3 desired, 2 run)",
        "wave 2",
        " 0 c create agent.c agent of ae6e8943 (3 desired, 2 run)",
        " 1 c start prod.agent.c.ae6e8943.agent after 0 (3 desired, 2 run)",
      ]
    `)
  })

  it('is the last to leave a DRAINING instance', () => {
    const more = { web: { taskDefinition: 'web', desiredCount: 2 } }
    const hosts = { ...instances('a'), b: { address: 'ssh://b', status: 'DRAINING' } }
    expect(printWaves(agent({ more, hosts }), settledWorld(agent({ more }), two))).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a create web.3 web of c8a79836 (b is DRAINING)",
        " 1 a start prod.web.3.c8a79836.web after 0 (b is DRAINING)",
        "wave 2",
        " 0 b stop prod.web.2.c8a79836.web (up to 30 s) (b is DRAINING)",
        " 1 b remove prod.web.2.c8a79836.web after 0 (b is DRAINING)",
        "wave 3",
        " 0 b stop prod.agent.b.ae6e8943.agent (up to 30 s) (b is DRAINING)",
        " 1 b remove prod.agent.b.ae6e8943.agent after 0 (b is DRAINING)",
      ]
    `)
  })

  it('leaves an instance that no longer meets its constraints', () => {
    const hosts = { a: { address: 'ssh://a', attributes: { disk: 'ssd' } }, b: { address: 'ssh://b' } }
    const service = { placementConstraints: [{ type: 'memberOf', expression: 'attribute:disk == ssd' }] }
    expect(printWaves(agent({ hosts, service }), settledWorld(agent(), two))).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 b stop prod.agent.b.ae6e8943.agent (up to 30 s) (b no longer meets the constraints)",
        " 1 b remove prod.agent.b.ae6e8943.agent after 0 (b no longer meets the constraints)",
      ]
    `)
  })

  it('whose last instance is drained while it changes needs no image to leave', () => {
    const hosts = {
      a: { address: 'ssh://a', status: 'DRAINING' },
      b: { address: 'ssh://b', status: 'DRAINING' },
    }
    const set = agent({ hosts, image: 'agent:2' })
    const { end } = forecast(set, settledWorld(agent(), two), { ...context(set), images: {} })
    expect(end.converged).toBe(true)
  })

  it('says on which instance a shared volume is missing', () => {
    const volumes = [{ name: 'data', dockerVolumeConfiguration: { scope: 'shared' } }]
    const containerDefinitions = [{ name: 'agent', image: 'agent:1' }]
    const set = document({
      containerInstances: instances('a', 'b'),
      taskDefinitions: { agent: { containerDefinitions, volumes } },
      services: { agent: { taskDefinition: 'agent', schedulingStrategy: 'DAEMON' } },
    })
    const there = { instances: { ...two.instances, a: host('a', { volumes: [{ name: 'data' }] }) } }
    const { end } = forecast(set, there, context(set))
    expect(end.problems.map(p => `${p.code} ${p.message}`)).toEqual([
      'PLACEMENT_FAILED b cannot take agent, which is to run on each instance: no container instance can take agent: 1 fails volume data exists (its autoprovision is off)',
    ])
  })

  it('that was stopped by hand on one instance is started there', () => {
    const stopped = changeContainers(
      settledWorld(agent(), two),
      (_, i) => i === 'b',
      c => ({ ...c, status: 'exited' }),
    )
    expect(printWaves(agent(), stopped)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 b start prod.agent.b.ae6e8943.agent (it was stopped or paused)",
      ]
    `)
  })

  it('that does not fit on an instance says so, and runs on the others', () => {
    const small = {
      instances: {
        ...two.instances,
        b: host('b', {
          engine: { ...host('b').engine, cpu: 1024, memoryMiB: 32 },
        }),
      },
    }
    const world = settledWorld(agent(), small)
    expect(look(agent(), world).problems).toMatchObject([{ service: 'agent', instance: 'b' }])
    expect(look(agent(), world).problems.map(p => `${p.code} ${p.message}`)).toMatchInlineSnapshot(`
      [
        "PLACEMENT_FAILED b cannot take agent, which is to run on each instance: no container instance can take agent: 1 lacks memory (need 64 MiB)",
      ]
    `)
    expect(look(agent(), world).services[0]).toMatchObject({ current: 1, desired: 2 })
  })

  it('of an instance that does not answer is not counted', () => {
    const problem = { code: 'HOST_UNREACHABLE', message: 'no answer', next: '' } as const
    const dark = {
      instances: {
        ...settledWorld(agent(), two).instances,
        b: { name: 'b', reachable: false as const, problem },
      },
    }
    expect(look(agent(), dark)).toMatchObject({ converged: true, services: [{ desired: 1, current: 1 }] })
  })
})

/** The next wave, without revisions and pulls. */
function wave(...args: Parameters<typeof look>): string[] {
  return printPlan(look(...args).plan)
    .map(line => line.replace(/(?<=[. ])[0-9a-f]{8}(?=[. )])/g, 'REV').trim())
    .filter(line => !line.includes(' pull '))
}

/** The task on an instance, as it is told. */
function on(world: ObservedState, instance: string, parts: Partial<ObservedContainer>, run = 'd0') {
  return changeContainers(
    world,
    (_, name) => name === instance,
    c => ({ ...c, ...parts, identity: { ...c.identity, deployment: run } }),
  )
}

const settled = settledWorld(agent(), two)
const PAUSED = { status: 'paused' } as const
const STOPPED = { status: 'exited', exitCode: 0 } as const
const YOUNG = { startedAt: host('a').clock + 10 ** 12 }
const UNHEALTHY = { health: 'unhealthy' } as const
const bounds = (minimumHealthyPercent: number) => ({ deploymentConfiguration: { minimumHealthyPercent } })

describe('the task of a DAEMON', () => {
  it('that is of an old revision is not mended, but goes', () => {
    expect(wave(agent({ image: 'agent:2' }), on(settled, 'a', PAUSED)).slice(0, 2)).toEqual([
      '1 a stop prod.agent.a.REV.agent (up to 30 s) after 0 (revision REV → REV)',
      '2 a remove prod.agent.a.REV.agent after 1 (revision REV → REV)',
    ])
  })

  it('that is of an old revision and does not run is replaced at once: its successor has another name', () => {
    const next = agent({ image: 'agent:2', hosts: instances('a') })
    const world = on(settledWorld(agent({ hosts: instances('a') }), emptyHosts('a')), 'a', STOPPED)
    const waves = printWaves(next, world)
    expect(waves.filter(l => l.startsWith('wave'))).toHaveLength(2)
    expect(waves.slice(3).map(l => l.trim().split(' ')[2])).toEqual(['remove', 'create', 'start'])
  })

  it('that does not run and has to go is waited for by a successor of its name', () => {
    const edited = changeContainers(
      on(settled, 'a', STOPPED),
      (_, name) => name === 'a',
      c => ({ ...c, config: { ...c.config, stopTimeout: 77 } }),
    )
    expect(wave(agent(), edited)).toEqual(['0 a remove prod.agent.a.REV.agent (stopTimeout changed by hand)'])
    expect(look(agent(), edited).problems).toEqual([])
  })

  it('is mended where it runs, though there is no room for a second', () => {
    const desired = agent({ hosts: instances('a'), memory: 5000 })
    const world = settledWorld(desired, emptyHosts('a'))
    expect(look(desired, world)).toMatchObject({ converged: true, problems: [] })
    const edited = changeContainers(
      world,
      () => true,
      c => ({ ...c, config: { ...c.config, memory: 2 ** 30 } }),
    )
    expect(wave(desired, edited)).toEqual([
      '0 a set the resources of prod.agent.a.REV.agent (memory 1024 MiB → 5000 MiB (changed by hand))',
    ])
  })

  it('that failed in this run is not started again; in an earlier one it is made anew', () => {
    const failed = { ...UNHEALTHY, ...STOPPED, exitCode: 1 }
    expect(wave(agent(), on(settled, 'a', failed, 'd1'))).toEqual([])
    expect(wave(agent(), on(settled, 'a', failed))).toEqual([
      '0 a remove prod.agent.a.REV.agent (it was unhealthy)',
    ])
  })

  it('that merely fails is replaced, but not in the run that made it, nor while an instance does not answer', () => {
    const goes = [
      '0 a stop prod.agent.a.REV.agent (up to 30 s) (it is unhealthy)',
      '1 a remove prod.agent.a.REV.agent after 0 (it is unhealthy)',
    ]
    expect(wave(agent(), on(settled, 'a', UNHEALTHY))).toEqual(goes)
    expect(wave(agent(), on(settled, 'a', UNHEALTHY, 'd1'))).toEqual([])
    expect(wave(agent(), withoutAnswer(on(settled, 'a', UNHEALTHY), 'b'))).toEqual([])
  })

  it('is made under no name that somebody else has', () => {
    const name = settled.instances['a']?.reachable ? (settled.instances['a'].containers[0]?.name ?? '') : ''
    const world = {
      instances: {
        ...settled.instances,
        a: host('a', { foreign: [{ id: 'f', name, ports: [], imageId: '' }] }),
      },
    }
    expect(wave(agent(), world)).toEqual([])
    expect(look(agent(), world).problems.map(p => p.code)).toEqual(['NAME_TAKEN'])
  })

  it('that is stopped goes where another task has its GPU by now', () => {
    const hosts = { a: { address: 'ssh://a', gpus: ['0', '1'] } }
    const gpu = { resourceRequirements: [{ type: 'GPU', value: '1' }] }
    const desired = agent({ hosts, container: gpu, more: { web: { taskDefinition: 'web' } } })
    const world = changeContainers(
      settledWorld(desired, emptyHosts('a')),
      () => true,
      c => ({ ...c, gpus: ['0'], ...(c.identity.service === 'agent' && STOPPED) }),
    )
    expect(wave(desired, world)).toEqual([
      '0 a remove prod.agent.a.REV.agent (another task has its GPUs by now)',
    ])
  })

  it.each([
    ['both are in service', {}, {}, 'z'],
    ['the other is stopped', YOUNG, STOPPED, 'z'],
    ['the first is stopped', STOPPED, YOUNG, 'a'],
    ['the first is not in service yet', YOUNG, {}, 'a'],
  ])('is one on each instance: where %s', (_, first, other, gone) => {
    const { a } = on(settled, 'a', first).instances
    if (!a?.reachable) throw new Error('a is there')
    const copies = settled.instances['a']?.reachable ? settled.instances['a'].containers : []
    const z = copies.map(c => ({
      ...c,
      ...other,
      id: 'z',
      name: c.name.replace('agent.a.', 'agent.z.'),
      identity: { ...c.identity, slot: 'z' },
    }))
    const world = { instances: { ...settled.instances, a: { ...a, containers: [...a.containers, ...z] } } }
    const removed = wave(agent(), world).filter(l => l.includes(' remove '))
    expect(removed).toHaveLength(1)
    expect(removed[0]).toContain(`prod.agent.${gone}.REV.agent`)
    expect(removed[0]).toContain('(one task on each container instance)')
  })
})

describe('the rollout of a DAEMON', () => {
  it('tells of no minimum in its way while something moves or is on its way', () => {
    const service = bounds(50)
    const next = agent({ image: 'agent:2', service })
    expect(look(next, settled).problems).toEqual([])
    const { a } = settledWorld(next, two).instances
    const half = on({ instances: { ...settled.instances, ...(a && { a }) } }, 'a', YOUNG)
    expect(look(next, half)).toMatchObject({ plan: { steps: [] }, problems: [], waiting: true })
    const never = agent({ image: 'agent:2', service: bounds(99) })
    expect(look(never, settled).problems).toMatchObject([{ code: 'DEPLOYMENT_STUCK', service: 'agent' }])
  })

  it('counts towards the minimum only what is in service', () => {
    const next = agent({ image: 'agent:2', service: bounds(50) })
    const stops = wave(next, on(settled, 'b', YOUNG)).filter(l => l.includes(' stop '))
    expect(stops).toEqual(['1 b stop prod.agent.b.REV.agent (up to 30 s) after 0 (revision REV → REV)'])
  })

  it('does not begin before what it waits for is healthy', () => {
    const more = { web: { taskDefinition: 'web' } }
    const before = settledWorld(agent({ more }), two)
    const sick = changeContainers(
      before,
      c => c.identity.service === 'web',
      c => ({ ...c, ...YOUNG }),
    )
    const next = agent({ image: 'agent:2', more, service: { dependsOn: ['web'] } })
    expect(wave(next, sick)).toEqual([])
    expect(look(next, sick).services[0]).toMatchObject({ rollout: 'IN_PROGRESS', waitsFor: ['web'] })
    expect(wave(next, before)).not.toEqual([])
  })

  it('that was given up is complete once its tasks are healthy after all', () => {
    const now = look(agent(), settled, { failed: new Set(['agent']) })
    expect(now).toMatchObject({ converged: true, services: [{ rollout: 'COMPLETED', presumed: 0 }] })
    expect(now.services[0]).not.toHaveProperty('lingering')
  })

  it('that goes back stops nothing in service of that revision, wherever it is; of the other it does', () => {
    const hosts = { ...instances('a'), b: { address: 'ssh://b', status: 'DRAINING' } }
    const next = agent({ image: 'agent:2', hosts })
    const failed = { failed: new Set(['agent']) }
    expect(wave(next, settled, failed)).toEqual([])
    const { b } = settledWorld(agent({ image: 'agent:2' }), two).instances
    const half = { instances: { ...settled.instances, ...(b && { b }) } }
    expect(wave(next, half, failed)).toEqual([
      '0 b stop prod.agent.b.REV.agent (up to 30 s) (b is DRAINING)',
      '1 b remove prod.agent.b.REV.agent after 0 (b is DRAINING)',
    ])
  })
})
