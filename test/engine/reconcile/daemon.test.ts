import { describe, expect, it } from 'vitest'
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
} from '../../support/worlds.ts'

const two = emptyHosts('a', 'b')

function agent(parts: { image?: string; service?: object; hosts?: object; more?: object } = {}) {
  const { image = 'agent:1', service = {}, hosts = instances('a', 'b'), more = {} } = parts
  const task = { containerDefinitions: [{ name: 'agent', image, memory: 64 }] }
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
