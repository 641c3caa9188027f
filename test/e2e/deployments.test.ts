import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContainerDefinition } from '../../engine/desired-state/document.generated.ts'
import { parseDesiredState } from '../../engine/desired-state/parse.ts'
import { revisionOf, shortRevision } from '../../engine/identity.ts'
import { type Ended, hasLab, type Running, Scenario, until, webTask, whileRunning } from './support.ts'
import { Watch } from './watch.ts'

/** 4 tasks on 2 hosts at 100/150: a deployment may start 2 more, and stop none that it does not replace. */
describe.runIf(hasLab)('a deployment that does not go well', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 2 })
    await scenario.apply(document())
  })
  afterAll(() => scenario.end())

  const document = (container: Partial<ContainerDefinition> = {}, others: object = {}) =>
    scenario.document({
      taskDefinitions: {
        web: webTask(scenario.lab.registry.image('web:1'), {
          container: { mountPoints: [{ sourceVolume: 'scratch', containerPath: '/scratch' }], ...container },
          task: { volumes: [{ name: 'scratch' }] },
        }),
        ...Object.fromEntries(Object.entries(others)),
      },
      services: {
        web: {
          taskDefinition: 'web',
          desiredCount: 4,
          deploymentConfiguration: {
            minimumHealthyPercent: 100,
            maximumPercent: 150,
            deploymentCircuitBreaker: { enable: true, rollback: true },
          },
        },
        ...Object.fromEntries(Object.keys(others).map(name => [name, { taskDefinition: name }])),
      },
    })
  const version = (value: string) => document({ environment: [{ name: 'VERSION', value }] })
  type State = ReturnType<typeof document>

  const tasks = async () => (await scenario.containers()).filter(c => c.service === 'web')
  const ids = async () => (await tasks()).map(c => c.id)
  const said = ({ stdout, stderr }: Ended) => stdout + stderr

  /** Until a command has ended: the tasks in service never were too few, and no request to one was lost. */
  const watched = async (running: Running): Promise<Ended> => {
    const watch = new Watch(scenario, { requests: true })
    const ended = await whileRunning(running, () => watch.look())
    expect(watch.leastHealthy, said(ended)).toBeGreaterThanOrEqual(4)
    expect(watch.most).toBeLessThanOrEqual(6)
    expect(watch.lost).toEqual([])
    expect(watch.requests).toBeGreaterThan(0)
    return ended
  }

  /** One apply is enough: all as the document says, nothing twice, nothing left over. */
  const isSettledBy = async (state: State) => {
    await watched(scenario.begin('apply', state, '--yes')).then(ended =>
      expect(ended.code, said(ended)).toBe(0),
    )
    const found = await tasks()
    expect(found.map(c => `${c.slot} ${c.state} ${c.health}`).toSorted()).toEqual(
      ['1', '2', '3', '4'].map(slot => `${slot} running healthy`),
    )
    expect(new Set(found.map(c => c.revision)).size).toBe(1)
    for (const host of scenario.hosts) {
      const volumes = (await host.docker('volume', 'ls', '-q', '--filter', 'label=stowage.task')).split('\n')
      expect(volumes.filter(v => v.startsWith('prod.web.'))).toHaveLength(2)
      expect(await host.docker('ps', '-aq', '--filter', 'name=prod.lock')).toBe('')
    }
    expect(await scenario.diff(state)).toMatchObject({ code: 0 })
  }

  /** Has somebody else hold the lock while `work` is done: after the plan was made, before anything is acted on. */
  const betweenPlanAndApply = async (state: State, work: () => Promise<void>): Promise<Ended> => {
    const host = scenario.host(0)
    const owner = JSON.stringify({ run: 'x', who: 'eve@elsewhere', command: 'apply', since: '' })
    const labels = ['--label', 'stowage.cluster=prod', '--label', `stowage.lock=${owner}`]
    const image = scenario.lab.registry.image('web:1')
    await host.docker('create', '--name', 'prod.lock', ...labels, image)
    const running = scenario.begin('apply', state, '--yes', '--json')
    await until(
      async () => running.output(),
      output => output.includes('"lock-waiting"') || running.child.exitCode !== null,
    )
    await work()
    await host.docker('rm', 'prod.lock')
    return watched(running)
  }

  it('a crash-looping revision fails; the rollback keeps the healthy old tasks running, and no client notices', async () => {
    const before = await ids()
    const bad = document({ command: ['sh', '-c', 'echo cannot open the ledger >&2; exit 3'] })
    const ended = await watched(scenario.begin('apply', bad, '--yes'))
    expect(ended.code).toBe(1)
    expect(said(ended)).toMatch(/exit code 3[\s\S]*cannot open the ledger/)
    expect(said(ended)).toMatch(/DEPLOYMENT_FAILED[\s\S]*next: /)
    expect(await ids()).toEqual(before)
    await isSettledBy(document())
    expect(await ids()).toEqual(before)
  })

  it('a revision whose health check never passes fails; the healthy old tasks run on', async () => {
    const before = await ids()
    const healthCheck = {
      command: ['CMD-SHELL', 'echo not ready yet; exit 1'],
      interval: 5,
      timeout: 2,
      retries: 1,
    }
    const ended = await watched(scenario.begin('apply', document({ healthCheck }), '--yes'))
    expect(ended.code).toBe(1)
    expect(said(ended)).toMatch(/unhealthy[\s\S]*not ready yet/)
    expect(said(ended)).toMatch(/DEPLOYMENT_FAILED[\s\S]*next: /)
    expect(await ids()).toEqual(before)
    await isSettledBy(document())
    expect(await ids()).toEqual(before)
  })

  it('an image that vanishes between plan and apply stops nothing; once it is there again one apply rolls it out', async () => {
    const { registry } = scenario.lab
    const before = await ids()
    const manifests = `http://${registry.machineAddress}/v2/lab/web/manifests`
    const type = 'application/vnd.docker.distribution.manifest.v2+json'
    const manifest = await (await fetch(`${manifests}/2`, { headers: { accept: type } })).text()
    const state = document({ image: registry.image('web:2') })
    const ended = await betweenPlanAndApply(state, async () => {
      const digest = registry.digests.get('lab/web:2')
      expect((await fetch(`${manifests}/${digest}`, { method: 'DELETE' })).status).toBe(202)
    })
    expect(ended.code).toBe(1)
    expect(said(ended)).toMatch(/"code":"IMAGE_NOT_FOUND"[^}]*"next":"[^"]+"/)
    expect(await ids()).toEqual(before)
    const back = { method: 'PUT', headers: { 'content-type': type }, body: manifest }
    expect((await fetch(`${manifests}/2`, back)).status).toBe(201)
    await isSettledBy(state)
    expect(await ids()).not.toEqual(before)
  })

  it('a foreign container that takes the port or the name in between is left alone, and named', async () => {
    const edge = (hostPort: number) => ({
      edge: webTask(scenario.lab.registry.image('web:1'), {
        container: { portMappings: [{ containerPort: 80, hostPort }], healthCheck: undefined },
      }),
    })
    const image = scenario.lab.registry.image('sleep:1')
    const second = { image: scenario.lab.registry.image('web:2') }
    const everywhere = (...args: string[]) => Promise.all(scenario.hosts.map(host => host.docker(...args)))
    await everywhere('pull', '-q', image)
    const before = await ids()

    const port = await betweenPlanAndApply(document(second, edge(8098)), async () => {
      await everywhere('run', '-d', '--name', 'foreign', '-p', '8098:80', image)
    })
    expect(port.code).toBe(1)
    expect(said(port)).toMatch(/PLACEMENT_FAILED[^}]*port 8098\/tcp taken[^}]*"next":"[^"]+"/)

    const state = document(second, edge(8099))
    const parsed = parseDesiredState(state)
    const definition = parsed.ok ? parsed.state.taskDefinitions['edge'] : undefined
    if (!definition) throw new Error('it is in the document')
    const name = `prod.edge.1.${shortRevision(revisionOf('edge', definition))}.web`
    const taken = await betweenPlanAndApply(state, async () => {
      await everywhere('run', '-d', '--name', name, image)
    })
    expect(taken.code).toBe(1)
    expect(said(taken)).toMatch(new RegExp(`NAME_TAKEN[^}]*${name}[^}]*"next":"[^"]+"`))

    for (const host of scenario.hosts)
      expect(await host.docker('ps', '--format', '{{.Names}}')).toMatch(new RegExp(`${name}|foreign`))
    await everywhere('rm', '-f', name, 'foreign')
    expect(await ids()).toEqual(before)
    await scenario.apply(state)
    expect((await scenario.containers()).filter(c => c.service === 'edge')).toMatchObject([
      { state: 'running', port: 8099 },
    ])
    await isSettledBy(document(second))
  })

  it('of two applies at once from two machines one goes first, then the other: no task twice, none missing', async () => {
    const machines = [
      {
        state: version('a'),
        running: scenario.beginElsewhere('alpha', 'apply', version('a'), '--yes', '--json'),
      },
      {
        state: version('b'),
        running: scenario.beginElsewhere('beta', 'apply', version('b'), '--yes', '--json'),
      },
    ]
    const both = Promise.all(machines.map(m => m.running.ended))
    const watch = new Watch(scenario, { requests: true })
    for (const { running } of machines) await whileRunning(running, () => watch.look())
    const ended = await both
    expect(
      ended.map(e => e.code),
      ended.map(said).join('\n'),
    ).toEqual([0, 0])
    expect(watch.leastHealthy).toBeGreaterThanOrEqual(4)
    expect(watch.most).toBeLessThanOrEqual(6)
    expect(watch.lost).toEqual([])
    // the one that had to wait knows for whom, and has the last word
    const waited = ended.findIndex(e => e.stdout.includes('"lock-waiting"'))
    expect(ended[waited]?.stdout).toMatch(/"holder":"[^"]*@(?:alpha|beta)"/)
    const last = machines[waited]
    if (!last) throw new Error('one of them waited')
    expect(await scenario.diff(last.state)).toMatchObject({ code: 0 })
    await isSettledBy(last.state)
  })
})
