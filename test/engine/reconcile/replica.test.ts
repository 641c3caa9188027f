import { describe, expect, it } from 'vitest'
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
} from '../../support/worlds.ts'

const three = emptyHosts('a', 'b', 'c')

function web(
  parts: {
    image?: string
    count?: number
    container?: object
    task?: object
    service?: object
    hosts?: object
  } = {},
) {
  const {
    image = 'nginx:1',
    count = 3,
    container = {},
    task = {},
    service = {},
    hosts = instances('a', 'b', 'c'),
  } = parts
  return document({
    containerInstances: hosts,
    taskDefinitions: {
      web: {
        containerDefinitions: [{ name: 'nginx', image, memory: 128, stopTimeout: 9, ...container }],
        ...task,
      },
    },
    services: { web: { taskDefinition: 'web', desiredCount: count, ...service } },
  })
}

const percent = (minimumHealthyPercent: number, maximumPercent: number) => ({
  deploymentConfiguration: { minimumHealthyPercent, maximumPercent },
})

describe('a REPLICA service', () => {
  it('is created with one pull a host and one task after the other by spread', () => {
    expect(printWaves(web(), three)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a pull nginx@sha256:47d446ae… (3 desired, none runs)",
        " 1 b pull nginx@sha256:47d446ae… (3 desired, none runs)",
        " 2 c pull nginx@sha256:47d446ae… (3 desired, none runs)",
        "wave 2",
        " 0 a create web.1 nginx of 33421b2e (3 desired, none runs)",
        " 1 a start prod.web.1.33421b2e.nginx after 0 (3 desired, none runs)",
        " 2 b create web.2 nginx of 33421b2e (3 desired, none runs)",
        " 3 b start prod.web.2.33421b2e.nginx after 2 (3 desired, none runs)",
        " 4 c create web.3 nginx of 33421b2e (3 desired, none runs)",
        " 5 c start prod.web.3.33421b2e.nginx after 4 (3 desired, none runs)",
      ]
    `)
  })

  it('that is as the document says plans nothing and has converged', () => {
    const now = look(web(), settledWorld(web(), three))
    expect(now.plan.steps).toEqual([])
    expect(now.converged).toBe(true)
    expect(now.services).toMatchInlineSnapshot(`
      [
        {
          "current": 3,
          "desired": 3,
          "failing": [],
          "failures": 0,
          "healthy": 3,
          "images": {
            "nginx": "nginx@sha256:47d446ae47d446ae47d446ae47d446ae47d446ae47d446ae47d446ae47d446ae",
          },
          "outdated": 0,
          "pending": 0,
          "presumed": 0,
          "revision": "33421b2e5d13c848",
          "rollout": "COMPLETED",
          "running": 3,
          "schedulingStrategy": "REPLICA",
          "service": "web",
          "threshold": 3,
        },
      ]
    `)
  })

  it('scaled up starts what is missing and restarts nothing', () => {
    expect(printWaves(web({ count: 5 }), settledWorld(web(), three))).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a create web.4 nginx of 33421b2e (5 desired, 3 run)",
        " 1 a start prod.web.4.33421b2e.nginx after 0 (5 desired, 3 run)",
        " 2 b create web.5 nginx of 33421b2e (5 desired, 3 run)",
        " 3 b start prod.web.5.33421b2e.nginx after 2 (5 desired, 3 run)",
      ]
    `)
  })

  it('scaled in stops on the instance with most tasks', () => {
    expect(printWaves(web({ count: 3 }), settledWorld(web({ count: 5 }), three))).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 b stop prod.web.5.33421b2e.nginx (up to 9 s) (3 desired, 5 run)",
        " 1 b remove prod.web.5.33421b2e.nginx after 0 (3 desired, 5 run)",
        " 2 a stop prod.web.4.33421b2e.nginx (up to 9 s) (3 desired, 5 run)",
        " 3 a remove prod.web.4.33421b2e.nginx after 2 (3 desired, 5 run)",
      ]
    `)
  })

  it('rolled at 100/200 starts all before it stops any', () => {
    expect(printWaves(web({ image: 'nginx:2' }), settledWorld(web(), three))).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a pull nginx@sha256:47d446af… (revision 33421b2e → 5925a040)",
        " 1 b pull nginx@sha256:47d446af… (revision 33421b2e → 5925a040)",
        " 2 c pull nginx@sha256:47d446af… (revision 33421b2e → 5925a040)",
        "wave 2",
        " 0 a create web.1 nginx of 5925a040 (revision 33421b2e → 5925a040)",
        " 1 a start prod.web.1.5925a040.nginx after 0 (revision 33421b2e → 5925a040)",
        " 2 b create web.2 nginx of 5925a040 (revision 33421b2e → 5925a040)",
        " 3 b start prod.web.2.5925a040.nginx after 2 (revision 33421b2e → 5925a040)",
        " 4 c create web.3 nginx of 5925a040 (revision 33421b2e → 5925a040)",
        " 5 c start prod.web.3.5925a040.nginx after 4 (revision 33421b2e → 5925a040)",
        "wave 3",
        " 0 c stop prod.web.3.33421b2e.nginx (up to 9 s) (revision 33421b2e → 5925a040)",
        " 1 c remove prod.web.3.33421b2e.nginx after 0 (revision 33421b2e → 5925a040)",
        " 2 b stop prod.web.2.33421b2e.nginx (up to 9 s) (revision 33421b2e → 5925a040)",
        " 3 b remove prod.web.2.33421b2e.nginx after 2 (revision 33421b2e → 5925a040)",
        " 4 a stop prod.web.1.33421b2e.nginx (up to 9 s) (revision 33421b2e → 5925a040)",
        " 5 a remove prod.web.1.33421b2e.nginx after 4 (revision 33421b2e → 5925a040)",
      ]
    `)
  })

  it('rolled at 50/100 stops first, as far as the minimum allows', () => {
    const world = settledWorld(web({ count: 2, service: percent(50, 100) }), three)
    expect(
      printWaves(web({ image: 'nginx:2', count: 2, service: percent(50, 100) }), world),
    ).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a pull nginx@sha256:47d446af… (revision 33421b2e → 5925a040)",
        " 1 b pull nginx@sha256:47d446af… (2 desired, 1 run)",
        "wave 2",
        " 0 b stop prod.web.2.33421b2e.nginx (up to 9 s) (revision 33421b2e → 5925a040)",
        " 1 b remove prod.web.2.33421b2e.nginx after 0 (revision 33421b2e → 5925a040)",
        "wave 3",
        " 0 a create web.1 nginx of 5925a040 (revision 33421b2e → 5925a040)",
        " 1 a start prod.web.1.5925a040.nginx after 0 (revision 33421b2e → 5925a040)",
        "wave 4",
        " 0 a stop prod.web.1.33421b2e.nginx (up to 9 s) (revision 33421b2e → 5925a040)",
        " 1 a remove prod.web.1.33421b2e.nginx after 0 (revision 33421b2e → 5925a040)",
        "wave 5",
        " 0 b create web.2 nginx of 5925a040 (2 desired, 1 run)",
        " 1 b start prod.web.2.5925a040.nginx after 0 (2 desired, 1 run)",
      ]
    `)
  })

  it('at 100/100 is stuck and says so', () => {
    const now = look(web({ image: 'nginx:2', service: percent(99, 100) }), settledWorld(web(), three))
    expect(now.plan.steps).toEqual([])
    expect(now.problems.map(p => `${p.service} ${p.code} ${p.message}`)).toMatchInlineSnapshot(`
      [
        "web DEPLOYMENT_STUCK web can neither stop nor start a task: minimumHealthyPercent 99 and maximumPercent 100 of 3 leave between 3 and 3",
      ]
    `)
  })

  it('whose placement strategy changes restarts nothing', () => {
    const changed = web({ service: { placementStrategy: [{ type: 'binpack', field: 'memory' }] } })
    expect(printWaves(changed, settledWorld(web(), three))).toEqual([])
  })

  it('on a DRAINING instance moves off it, start-first', () => {
    const hosts = { ...instances('a', 'b'), c: { address: 'ssh://c', status: 'DRAINING' } }
    expect(printWaves(web({ hosts }), settledWorld(web(), three))).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a create web.4 nginx of 33421b2e (c is DRAINING)",
        " 1 a start prod.web.4.33421b2e.nginx after 0 (c is DRAINING)",
        "wave 2",
        " 0 c stop prod.web.3.33421b2e.nginx (up to 9 s) (c is DRAINING)",
        " 1 c remove prod.web.3.33421b2e.nginx after 0 (c is DRAINING)",
      ]
    `)
  })

  it('is not moved to an instance that is added', () => {
    const four = { instances: { ...settledWorld(web(), three).instances, d: host('d') } }
    expect(printWaves(web({ hosts: instances('a', 'b', 'c', 'd') }), four)).toEqual([])
  })

  it('scaled to nothing with a change at once needs no image to stop', () => {
    const world = settledWorld(web({ count: 1 }), three)
    const { now, end } = forecast(web({ count: 0, image: 'nginx:2' }), world, {
      ...context(web()),
      images: {},
    })
    expect(now.unresolved).toEqual([])
    expect(end.converged).toBe(true)
  })

  it('that is no longer in the document goes', () => {
    const without = document({ containerInstances: instances('a', 'b', 'c') })
    expect(printWaves(without, settledWorld(web({ count: 1 }), three))).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a stop prod.web.1.33421b2e.nginx (up to 9 s) (no longer in the document)",
        " 1 a remove prod.web.1.33421b2e.nginx after 0 (no longer in the document)",
      ]
    `)
  })

  it('keeps the image that its revision was started with, though the tag has moved', () => {
    const world = settledWorld(web(), three)
    const moved = { images: { 'nginx:1': `nginx@sha256:${'f'.repeat(64)}` } }
    expect(printWaves(web(), world, moved)).toEqual([])
    expect(printWaves(web({ count: 4 }), world, moved).filter(l => l.includes('pull'))).toEqual([])
  })

  it('with a new nonce replaces every task', () => {
    const forced = web({ count: 1, service: { forceNewDeployment: { nonce: '2' } } })
    expect(printWaves(forced, settledWorld(web({ count: 1 }), three))).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a create web.1 nginx of 4bbfbdd6 (revision 33421b2e → 4bbfbdd6)",
        " 1 a start prod.web.1.4bbfbdd6.nginx after 0 (revision 33421b2e → 4bbfbdd6)",
        "wave 2",
        " 0 a stop prod.web.1.33421b2e.nginx (up to 9 s) (revision 33421b2e → 4bbfbdd6)",
        " 1 a remove prod.web.1.33421b2e.nginx after 0 (revision 33421b2e → 4bbfbdd6)",
      ]
    `)
  })
})

describe('what was changed by hand', () => {
  const one = web({ count: 1 })
  const world = settledWorld(one, three)
  const all = () => true

  it('a removed container is made again', () => {
    expect(
      printWaves(
        one,
        changeContainers(world, all, () => undefined),
      ),
    ).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a create web.1 nginx of 33421b2e (1 desired, none runs)",
        " 1 a start prod.web.1.33421b2e.nginx after 0 (1 desired, none runs)",
      ]
    `)
  })

  it('a stopped container is started again', () => {
    const stopped = changeContainers(world, all, c => ({ ...c, status: 'exited', exitCode: 0 }))
    expect(printWaves(one, stopped)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a start prod.web.1.33421b2e.nginx (it was stopped or paused)",
      ]
    `)
  })

  it('a paused container is unpaused', () => {
    expect(
      printWaves(
        one,
        changeContainers(world, all, c => ({ ...c, status: 'paused' })),
      ),
    ).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a unpause prod.web.1.33421b2e.nginx (it was stopped or paused)",
      ]
    `)
  })

  it('an environment that was edited replaces the task', () => {
    const set = web({ count: 1, container: { environment: [{ name: 'MODE', value: 'fast' }] } })
    const edited = changeContainers(settledWorld(set, three), all, c => ({
      ...c,
      config: { ...c.config, environment: ['MODE=slow'] },
    }))
    expect(printWaves(set, edited)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a create web.2 nginx of 70b85d9b (environment.MODE changed by hand)",
        " 1 a start prod.web.2.70b85d9b.nginx after 0 (environment.MODE changed by hand)",
        "wave 2",
        " 0 a stop prod.web.1.70b85d9b.nginx (up to 9 s) (environment.MODE changed by hand)",
        " 1 a remove prod.web.1.70b85d9b.nginx after 0 (environment.MODE changed by hand)",
      ]
    `)
  })

  it('what the image brings is no drift, what neither it nor the document has is', () => {
    const config = {
      env: ['PATH=/bin'],
      command: ['sh'],
      entryPoint: [],
      user: '',
      workingDirectory: '',
      labels: { by: 'x' },
      exposedPorts: [],
    }
    const withImage = (environment: string[]) => {
      const run = changeContainers(world, all, c => ({
        ...c,
        config: { ...c.config, environment, command: ['sh'], labels: { by: 'x' } },
      }))
      const a = run.instances.a
      if (!a?.reachable) throw new Error('a is there')
      const images = Object.fromEntries(
        Object.entries(a.images).map(([id, image]) => [id, { ...image, config }]),
      )
      return { instances: { ...run.instances, a: { ...a, images } } }
    }
    expect(printWaves(one, withImage(['PATH=/bin']))).toEqual([])
    expect(printWaves(one, withImage(['PATH=/bin', 'DEBUG=1']))[1]).toContain(
      '(environment.DEBUG changed by hand)',
    )
  })

  it.each([
    ['a reset entry point', { entryPoint: [''], command: ['sh'] }, { entryPoint: undefined }],
    ['a path', { workingDirectory: '/srv//lib/../app/' }, { workingDirectory: '/srv/app' }],
    [
      "the daemon's own log options",
      { logConfiguration: { logDriver: 'json-file', options: { 'max-file': '3' } } },
      { log: { driver: 'json-file', options: { 'max-file': '3', 'max-size': '9m' } } },
    ],
  ])('%s is no drift as Docker shows it', (_, container, shown) => {
    const set = web({ count: 1, container })
    const asShown = changeContainers(settledWorld(set, three), all, c => ({
      ...c,
      config: { ...c.config, ...shown },
    }))
    expect(printWaves(set, asShown)).toEqual([])
  })

  it('right after it was made is told, and the task is not made anew for ever', () => {
    const set = web({ count: 1 })
    const made = forecast(set, three, context(set)).world
    const changed = changeContainers(made, all, c => ({ ...c, config: { ...c.config, stopTimeout: 77 } }))
    const now = look(set, changed)
    expect(now).toMatchObject({ converged: false, waiting: false, plan: { steps: [] } })
    expect(now.problems.map(p => `${p.code} ${p.message}`)).toEqual([
      'DRIFT_REMAINS web.1 on a was made in this run, and Docker shows another stopTimeout than was asked for',
    ])
  })

  it('a memory limit is set back in place', () => {
    const updated = changeContainers(world, all, c => ({ ...c, config: { ...c.config, memory: 2 ** 30 } }))
    expect(printWaves(one, updated)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a set the resources of prod.web.1.33421b2e.nginx (memory 1024 MiB → 128 MiB (changed by hand))",
      ]
    `)
  })

  it('a renamed container is replaced', () => {
    expect(
      printWaves(
        one,
        changeContainers(world, all, c => ({ ...c, name: 'mine' })),
      ),
    ).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a create web.2 nginx of 33421b2e (renamed to mine)",
        " 1 a start prod.web.2.33421b2e.nginx after 0 (renamed to mine)",
        "wave 2",
        " 0 a stop mine (up to 9 s) (renamed to mine)",
        " 1 a remove mine after 0 (renamed to mine)",
      ]
    `)
  })

  it('an unhealthy task is replaced start-first', () => {
    const ill = changeContainers(world, all, c => ({ ...c, health: 'unhealthy' }))
    expect(printWaves(one, ill)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a create web.2 nginx of 33421b2e (it is unhealthy)",
        " 1 a start prod.web.2.33421b2e.nginx after 0 (it is unhealthy)",
        "wave 2",
        " 0 a stop prod.web.1.33421b2e.nginx (up to 9 s) (it is unhealthy)",
        " 1 a remove prod.web.1.33421b2e.nginx after 0 (it is unhealthy)",
      ]
    `)
  })

  it('a crash-looping task of an earlier run is replaced', () => {
    const looping = changeContainers(world, all, c => ({ ...c, status: 'restarting', restartCount: 9 }))
    expect(printWaves(one, looping)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a create web.2 nginx of 33421b2e (it keeps failing)",
        " 1 a start prod.web.2.33421b2e.nginx after 0 (it keeps failing)",
        "wave 2",
        " 0 a stop prod.web.1.33421b2e.nginx (up to 9 s) (it keeps failing)",
        " 1 a remove prod.web.1.33421b2e.nginx after 0 (it keeps failing)",
      ]
    `)
  })

  it('a second copy with the labels of a task goes', () => {
    const doubled = changeContainers(world, all, c => c)
    const a = doubled.instances.a
    if (!a?.reachable) throw new Error('a is there')
    const copy = a.containers.map(c => ({ ...c, id: 'copy', name: 'copy' }))
    const both = { instances: { ...doubled.instances, a: { ...a, containers: [...a.containers, ...copy] } } }
    expect(printWaves(one, both)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a stop copy (up to 9 s) (renamed to copy)",
        " 1 a remove copy after 0 (renamed to copy)",
      ]
    `)
  })
})

describe('a deployment that fails', () => {
  const old = settledWorld(web(), three)
  const next = web({ image: 'nginx:2', service: percent(50, 150) })
  const looping = (d: typeof next) => {
    const begun = settledWorld(next, old)
    return look(
      d,
      changeContainers(
        begun,
        c => c.image.includes('sha256'),
        c => ({ ...c, status: 'restarting', restartCount: 4, identity: { ...c.identity, deployment: 'd1' } }),
      ),
    )
  }

  it('is not what a start is that Docker’s own restart broke off: it is started again', () => {
    const set = web({ count: 1 })
    const cutOff = changeContainers(
      forecast(set, three, context(set)).world,
      () => true,
      c => ({ ...c, status: 'created', startedAt: 0, error: 'transport is closing: unavailable' }),
    )
    const { plan, services } = look(set, cutOff)
    expect(plan.steps.map(s => s.action.kind)).toEqual(['start-container'])
    expect(services[0]).toMatchObject({ failures: 0, rollout: 'IN_PROGRESS' })
  })

  it('is given up after the threshold, and nothing more is touched', () => {
    const now = looping(next)
    expect(now.plan.steps).toEqual([])
    expect(now.services[0]).toMatchObject({ rollout: 'FAILED', failures: 12, threshold: 3, pending: 0 })
    expect(now.waiting).toBe(false)
  })

  it('goes back to the revision that still runs where the circuit breaker says so', () => {
    const guarded = web({
      image: 'nginx:2',
      service: {
        deploymentConfiguration: {
          minimumHealthyPercent: 50,
          maximumPercent: 150,
          deploymentCircuitBreaker: { enable: true, rollback: true },
        },
      },
    })
    // two old tasks still run, one of the new revision loops
    const half = changeContainers(
      old,
      (_, i) => i === 'a',
      c => ({
        ...c,
        name: c.name.replace('33421b2e', '5925a040'),
        identity: {
          ...c.identity,
          revision: look(guarded, old).services[0]?.revision ?? '',
          deployment: 'd1',
        },
        status: 'restarting',
        restartCount: 4,
      }),
    )
    expect(printWaves(guarded, half, { failed: new Set(['web']) })).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a create web.1 nginx of 33421b2e (rolled back from 5925a040)",
        " 1 a start prod.web.1.33421b2e.nginx after 0 (rolled back from 5925a040)",
        " 2 a stop prod.web.1.5925a040.nginx (up to 9 s) (revision 5925a040 → 33421b2e)",
        " 3 a remove prod.web.1.5925a040.nginx after 2 (revision 5925a040 → 33421b2e)",
      ]
    `)
  })
})

describe('an instance that does not answer', () => {
  const world = settledWorld(web(), three)
  const problem = { code: 'HOST_UNREACHABLE', message: 'no answer', next: '' } as const
  const dark = { instances: { ...world.instances, c: { name: 'c', reachable: false as const, problem } } }

  it('has its tasks presumed to run there', () => {
    const now = look(web(), dark)
    expect(now.plan.steps).toEqual([])
    expect(now.services[0]).toMatchObject({ presumed: 1, running: 2, rollout: 'COMPLETED' })
    expect(now.warnings.map(w => w.message)).toMatchInlineSnapshot(`
      [
        "no answer",
        "web: 1 of 3 tasks are not seen and may run on c; they are not started again elsewhere",
      ]
    `)
  })

  it('does not keep the others from being rolled', () => {
    expect(printWaves(web({ image: 'nginx:2' }), dark)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a pull nginx@sha256:47d446af… (revision 33421b2e → 5925a040)",
        " 1 b pull nginx@sha256:47d446af… (revision 33421b2e → 5925a040)",
        "wave 2",
        " 0 a create web.1 nginx of 5925a040 (revision 33421b2e → 5925a040)",
        " 1 a start prod.web.1.5925a040.nginx after 0 (revision 33421b2e → 5925a040)",
        " 2 b create web.2 nginx of 5925a040 (revision 33421b2e → 5925a040)",
        " 3 b start prod.web.2.5925a040.nginx after 2 (revision 33421b2e → 5925a040)",
        "wave 3",
        " 0 b stop prod.web.2.33421b2e.nginx (up to 9 s) (revision 33421b2e → 5925a040)",
        " 1 b remove prod.web.2.33421b2e.nginx after 0 (revision 33421b2e → 5925a040)",
      ]
    `)
  })
})

describe('what somebody wrote into labels', () => {
  const old = web({ count: 1, image: 'nginx:0' })
  const labelled = (identity: object) =>
    changeContainers(
      settledWorld(old, three),
      () => true,
      c => ({ ...c, identity: { ...c.identity, ...identity } }),
    )

  it.each(['x', '../e', '0', '-1', '', 'a b', '99999999999999999999'])(
    'slot %j is not handed on to a new task',
    slot => {
      expect(printWaves(web({ count: 1 }), labelled({ slot }))[3]).toMatch(/^ 0 \w create web\.1 /)
    },
  )

  it.each(['constructor', 'toString', '__proto__'])('service %s is no service of the document', service => {
    const { end, world } = forecast(web({ count: 0 }), labelled({ service }), context(web({ count: 0 })))
    expect(end.converged).toBe(true)
    expect(Object.values(world.instances).flatMap(i => (i.reachable ? i.containers : []))).toEqual([])
  })

  it.each([
    'null',
    '5',
    '{"containerDefinitions":null}',
    '{"containerDefinitions":[null]}',
    '{"containerDefinitions":[{"name":"c","image":"i","memory":"x"}],"volumes":7}',
  ])('task definition %s is as good as none', taskDefinition => {
    expect(printWaves(web({ count: 1 }), labelled({ taskDefinition })).at(-1)).toContain('remove')
  })
})

describe('what stands in the way', () => {
  it('a shared volume that is not to be made is looked for, not made by Docker without a word', () => {
    const set = web({
      count: 1,
      container: { mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] },
      task: { volumes: [{ name: 'data', dockerVolumeConfiguration: { scope: 'shared' } }] },
    })
    expect(look(set, three).problems.map(p => p.message)).toEqual([
      'no container instance can take web: 3 fail volume data exists (its autoprovision is off); there is room for 0 of 1 tasks',
    ])
    const there = { instances: { ...three.instances, b: host('b', { volumes: [{ name: 'data' }] }) } }
    expect(printWaves(set, there)[3]).toMatch(/^ 0 b create web\.1 /)
  })

  it('a placement that cannot be met names every filter and its count', () => {
    const hosts = { ...instances('a', 'b'), c: { address: 'ssh://c', status: 'DRAINING' } }
    const now = look(web({ hosts, container: { memory: 9000 } }), three)
    expect(now.problems.map(p => `${p.code} ${p.message}`)).toMatchInlineSnapshot(`
      [
        "PLACEMENT_FAILED no container instance can take web: 1 is draining, 2 lack memory (need 9000 MiB); there is room for 0 of 3 tasks",
      ]
    `)
  })

  it('a name that a foreign container has is a problem, and that container is left alone', () => {
    const name =
      look(web({ count: 1 }), three).plan.steps.flatMap(s =>
        s.action.kind === 'create-container' ? [s.action.name] : [],
      )[0] ?? ''
    const taken = {
      instances: {
        ...three.instances,
        a: host('a', { foreign: [{ id: 'f00d', name, ports: [], imageId: '' }] }),
      },
    }
    const now = look(web({ count: 1 }), taken)
    expect(now.plan.steps).toEqual([])
    expect(now.problems.map(p => p.code)).toEqual(['NAME_TAKEN'])
  })

  it('a host port that foreign containers have everywhere refuses the placement', () => {
    const ports = [{ containerPort: 80, hostPort: 8080, protocol: 'tcp' as const }]
    const taken = {
      instances: Object.fromEntries(
        ['a', 'b', 'c'].map(n => [n, host(n, { foreign: [{ id: 'f', name: 'f', ports, imageId: '' }] })]),
      ),
    }
    const now = look(web({ container: { portMappings: [{ containerPort: 80, hostPort: 8080 }] } }), taken)
    expect(now.problems.map(p => `${p.code} ${p.message}`)).toMatchInlineSnapshot(`
      [
        "PLACEMENT_FAILED no container instance can take web: 3 have port 8080/tcp taken; there is room for 0 of 3 tasks",
      ]
    `)
  })

  it('an image that is not resolved yet is asked for, and nothing is planned', () => {
    const now = look(web(), three, { images: {} })
    expect(now.unresolved).toEqual(['nginx:1'])
    expect(now.plan.steps).toEqual([])
  })

  it('a host port that the old task holds is freed first, and that is said', () => {
    const ported = (image: string) =>
      web({
        image,
        count: 1,
        hosts: instances('a'),
        container: { portMappings: [{ containerPort: 80, hostPort: 8080 }] },
      })
    const world = settledWorld(ported('nginx:1'), emptyHosts('a'))
    expect(printWaves(ported('nginx:2'), world)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a pull nginx@sha256:47d446af… (1 desired, none runs)",
        "wave 2",
        " 0 a stop prod.web.1.5afbe5bf.nginx (up to 9 s) (revision 5afbe5bf → f3f993b1; stopped before started on a: host port 8080/tcp is taken by the task that it replaces)",
        " 1 a remove prod.web.1.5afbe5bf.nginx after 0 (revision 5afbe5bf → f3f993b1; stopped before started on a: host port 8080/tcp is taken by the task that it replaces)",
        "wave 3",
        " 0 a create web.1 nginx of f3f993b1 (1 desired, none runs)",
        " 1 a start prod.web.1.f3f993b1.nginx after 0 (1 desired, none runs)",
      ]
    `)
    expect(look(ported('nginx:2'), world).warnings.map(w => w.message)).toMatchInlineSnapshot(`
      [
        "web: stopped before started on a: host port 8080/tcp is taken by the task that it replaces; it falls below its minimum for about 6 s, until the new task is healthy",
      ]
    `)
  })
})

describe('a task of several containers', () => {
  const definition = {
    containerDefinitions: [
      {
        name: 'app',
        image: 'app:1',
        dependsOn: [
          { containerName: 'init', condition: 'SUCCESS' },
          { containerName: 'proxy', condition: 'HEALTHY' },
        ],
      },
      { name: 'init', image: 'init:1', essential: false },
      {
        name: 'proxy',
        image: 'proxy:1',
        healthCheck: { command: ['CMD', 'true'] },
        dependsOn: [{ containerName: 'init', condition: 'START' }],
      },
    ],
  }
  const desired = document({
    containerInstances: instances('a'),
    taskDefinitions: { app: definition },
    services: { app: { taskDefinition: 'app' } },
  })
  const empty = emptyHosts('a')

  it('is created at once and started as its dependencies allow', () => {
    expect(printWaves(desired, empty)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a pull app@sha256:117d6971… (1 desired, none runs)",
        " 1 a pull init@sha256:2bb80710… (1 desired, none runs)",
        " 2 a pull proxy@sha256:c4bf2882… (1 desired, none runs)",
        "wave 2",
        " 0 a create app.1 app of af18b515 (1 desired, none runs)",
        " 1 a create app.1 init of af18b515 (1 desired, none runs)",
        " 2 a create app.1 proxy of af18b515 (1 desired, none runs)",
        " 3 a start prod.app.1.af18b515.init after 1 (1 desired, none runs)",
        " 4 a start prod.app.1.af18b515.proxy after 2, 3 (1 desired, none runs)",
        "wave 3",
        " 0 a start prod.app.1.af18b515.app (not all of its containers run yet)",
      ]
    `)
  })

  it('is not touched again once its init container has ended', () => {
    expect(look(desired, settledWorld(desired, empty)).converged).toBe(true)
  })

  it('that fails where a dependency that must succeed did not is stopped and kept', () => {
    const begun = settledWorld(desired, empty)
    const failed = changeContainers(
      begun,
      c => c.identity.container !== 'proxy',
      c =>
        c.identity.container === 'init'
          ? { ...c, status: 'exited', exitCode: 1, identity: { ...c.identity, deployment: 'd1' } }
          : { ...c, status: 'created', startedAt: 0, identity: { ...c.identity, deployment: 'd1' } },
    )
    const { plan, services } = look(desired, failed)
    expect(services[0]).toMatchObject({ failures: 1, failing: [{ task: 'app.1' }] })
    expect(printPlan(plan).at(-1)).toBe(' 5 a stop prod.app.1.af18b515.proxy (up to 30 s) (it keeps failing)')
  })

  it('that lost one container gets it back', () => {
    const lost = changeContainers(
      settledWorld(desired, empty),
      c => c.identity.container === 'proxy',
      () => undefined,
    )
    expect(printWaves(desired, lost)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a create app.1 proxy of af18b515 (not all of its containers run yet)",
        " 1 a start prod.app.1.af18b515.proxy after 0 (not all of its containers run yet)",
      ]
    `)
  })
})

describe('an old task that is just starting again', () => {
  const old = settledWorld(web(), three)
  const starting = changeContainers(
    old,
    (_, i) => i === 'c',
    c => ({ ...c, startedAt: host('c').clock + 10 ** 12 }),
  )

  it('is kept and waited for while fewer than the minimum are healthy', () => {
    const now = look(web({ image: 'nginx:2' }), starting)
    expect(now.plan.steps.filter(s => s.action.kind === 'stop-container')).toEqual([])
    expect(now.waiting).toBe(true)
  })
})

describe('a host port that every instance has given away', () => {
  const hosts = instances('a', 'b')
  const ported = (image: string) =>
    document({
      containerInstances: hosts,
      taskDefinitions: {
        api: {
          containerDefinitions: [
            {
              name: 'server',
              image,
              portMappings: [{ containerPort: 80, hostPort: 8080 }],
              dependsOn: [{ containerName: 'migrate', condition: 'SUCCESS' }],
            },
            { name: 'migrate', image, essential: false },
          ],
        },
      },
      services: {
        api: {
          taskDefinition: 'api',
          desiredCount: 2,
          deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 200 },
        },
      },
    })
  const old = settledWorld(ported('api:1'), emptyHosts('a', 'b'))

  it('takes no second task out while the first successor is still on its way', () => {
    // b's old task is gone, its successor has run its migration and not yet started its server
    const half = changeContainers(
      settledWorld(ported('api:2'), old),
      (_, i) => i === 'b',
      c =>
        c.identity.container === 'server'
          ? { ...c, status: 'created', startedAt: 0, identity: { ...c.identity, deployment: 'd1' } }
          : { ...c, identity: { ...c.identity, deployment: 'd1' } },
    )
    const a = old.instances.a
    if (!a) throw new Error('a is there')
    const now = look(ported('api:2'), { instances: { ...half.instances, a } })
    expect(now.plan.steps.map(s => s.action.kind)).toEqual(['start-container'])
  })

  it('stays with the last healthy task when its successor is known to fail', () => {
    const failing = changeContainers(
      settledWorld(ported('api:2'), old),
      (_, i) => i === 'b',
      c => (c.identity.container === 'server' ? { ...c, status: 'restarting', restartCount: 5 } : c),
    )
    const a = old.instances.a
    if (!a) throw new Error('a is there')
    const stopped = look(ported('api:2'), { instances: { ...failing.instances, a } }).plan.steps.filter(
      s => s.action.kind === 'stop-container',
    )
    expect(stopped.map(s => s.action.instance)).toEqual(['b'])
  })
})

describe('tasks that a killed run has made and not started', () => {
  it('count where they are when the rest is placed', () => {
    const two = web({ count: 4, hosts: instances('a', 'b') })
    const whole = settledWorld(two, emptyHosts('a', 'b'))
    const half = changeContainers(
      whole,
      () => true,
      c => {
        if (c.identity.slot === '1') return { ...c, status: 'created', startedAt: 0 }
        return c.identity.slot === '2' || c.identity.slot === '4' ? undefined : c
      },
    )
    // web.1 (made, not started) and web.3 are on a: both that are missing belong on b
    const created = look(two, half).plan.steps.filter(s => s.action.kind === 'create-container')
    expect(created.map(s => s.action.instance)).toEqual(['b', 'b'])
  })
})
