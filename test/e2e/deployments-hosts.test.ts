import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LabHost } from '../lab/lab-host.ts'
import { withOtherClock } from './other-clock.ts'
import { type Ended, events, hasLab, Scenario, webTask, whileRunning } from './support.ts'
import { Watch } from './watch.ts'

const HOURS = 3_600_000

/** 6 tasks on 3 hosts at 50/150, without a health check: in service after a second. */
describe.runIf(hasLab)('a deployment in the middle of which a host fails', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 3, diskMiB: { 3: 96 } })
    await scenario.apply(version(0))
  })
  afterAll(() => scenario.end())

  const version = (number: number, image = 'web:1') =>
    scenario.document({
      taskDefinitions: {
        web: webTask(scenario.lab.registry.image(image), {
          container: {
            environment: [{ name: 'VERSION', value: String(number) }],
            mountPoints: [{ sourceVolume: 'scratch', containerPath: '/scratch' }],
            healthCheck: undefined,
            stopTimeout: 2,
          },
          task: { volumes: [{ name: 'scratch' }] },
        }),
      },
      services: {
        web: {
          taskDefinition: 'web',
          desiredCount: 6,
          deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 150, steadyAfterSeconds: 1 },
        },
      },
    })
  type State = ReturnType<typeof version>

  const said = ({ stdout, stderr }: Ended) => stdout + stderr
  const tasks = async () => (await scenario.containers()).filter(c => c.service === 'web')

  /** Applies, and lets something happen to a host once some steps are done. Never are too few in service by our doing. */
  const inTheMiddle = async (state: State, host: LabHost, happens: () => Promise<void>): Promise<Ended> => {
    const watch = new Watch(scenario)
    const running = scenario.begin('apply', state, '--yes', '--json')
    let happened: Promise<void> | undefined
    const ended = await whileRunning(running, async () => {
      await watch.look()
      const output = running.output()
      const done = events(output.slice(0, output.lastIndexOf('\n') + 1)).filter(e => e.event === 'step-done')
      if (happened || done.length < 4) return
      watch.leaveOut(host)
      happened = happens()
    })
    expect(happened, said(ended)).toBeDefined()
    await happened
    expect(watch.leastHealthy, said(ended)).toBeGreaterThanOrEqual(3)
    expect(watch.most).toBeLessThanOrEqual(9)
    return ended
  }

  /** One apply is enough: all as the document says, nothing twice, nothing left over. */
  const isSettledBy = async (state: State) => {
    const watch = new Watch(scenario)
    await watch.look()
    const lower = Math.min(3, watch.leastHealthy)
    const ended = await whileRunning(scenario.begin('apply', state, '--yes'), () => watch.look())
    expect(ended.code, said(ended)).toBe(0)
    expect(watch.leastHealthy).toBeGreaterThanOrEqual(lower)
    expect(watch.most).toBeLessThanOrEqual(9)
    const found = await tasks()
    expect(found.map(c => c.state)).toEqual(Array.from({ length: 6 }, () => 'running'))
    // the successor of one that failed to start has another slot than it, and no two have the same
    expect(new Set(found.map(c => c.slot)).size).toBe(6)
    expect(new Set(found.map(c => c.revision)).size).toBe(1)
    const left = await Promise.all(
      scenario.hosts.map(async host => ({
        volumes: (await host.docker('volume', 'ls', '-q', '--filter', 'label=stowage.task')).split('\n'),
        lock: await host.docker('ps', '-aq', '--filter', 'name=prod.lock'),
      })),
    )
    expect(left.flatMap(l => l.volumes).filter(v => v.startsWith('prod.web.'))).toHaveLength(6)
    expect(left.map(l => l.lock)).toEqual(['', '', ''])
    expect(await scenario.diff(state)).toMatchObject({ code: 0 })
  }

  it('dockerd is restarted: the next apply ends it', async () => {
    const host = scenario.host(1)
    const ended = await inTheMiddle(version(1), host, () => host.restartDockerd())
    // it may have gone by between two looks
    if (ended.code !== 0) expect(said(ended)).toMatch(/"next":"[^"]+"/)
    await isSettledBy(version(1))
  })

  it('a host is cut off: it is told, no task is started a second time, and the next apply ends it', async () => {
    const host = scenario.host(1)
    const ended = await inTheMiddle(version(2), host, () => host.cut())
    expect(ended.code).toBe(1)
    expect(said(ended)).toMatch(
      /"code":"(?:CONNECTION_LOST|HOST_UNREACHABLE|DOCKER_TIMEOUT|LOCK_LOST)"[^}]*"next":"[^"]+"/,
    )
    await host.restore()
    await isSettledBy(version(2))
  })

  it('a host is killed: the rest goes on without it when asked to, and it is brought in line when it is back', async () => {
    const host = scenario.host(1)
    const ended = await inTheMiddle(version(3), host, () => host.kill())
    expect(ended.code).toBe(1)
    expect(said(ended)).toMatch(
      /"code":"(?:CONNECTION_LOST|HOST_UNREACHABLE|DOCKER_TIMEOUT)"[^}]*"next":"[^"]+"/,
    )
    // what may run there is not started a second time
    await scenario.stowage('apply', version(3), '--yes', '--on-unreachable', 'skip')
    await host.reboot()
    await isSettledBy(version(3))
  })

  it('a disk is full: it is told, nothing is stopped for it, and once there is room the next apply ends it', async () => {
    const host = scenario.host(2)
    const before = (await tasks()).map(c => c.id)
    const fill = ['sh', '-c', 'dd if=/dev/zero of=/fill bs=64k; sleep 3600']
    await host.docker('run', '-d', '--name', 'filler', scenario.lab.registry.image('web:1'), ...fill)
    await host.docker('exec', 'filler', 'sh', '-c', 'until ! pidof dd; do sleep 1; done 2>/dev/null')
    const ended = await scenario.stowage('apply', version(4, 'web:2'), '--yes')
    expect(ended.code).toBe(1)
    expect(said(ended)).toMatch(/DISK_FULL[^\n]*host-3[\s\S]*next: /)
    expect((await tasks()).filter(c => c.state === 'running').map(c => c.id)).toEqual(before)
    await host.docker('rm', '-f', 'filler')
    await isSettledBy(version(4, 'web:2'))
  })

  it('a clock is two hours off, either way: the deployment goes as on any other host', async () => {
    for (const [number, shift] of [
      [5, 2 * HOURS],
      [6, -2 * HOURS],
    ] as const) {
      const clock = await withOtherClock(scenario.host(1), shift)
      try {
        const state = version(number)
        state.containerInstances = { ...state.containerInstances, 'host-2': { address: clock.address } }
        const watch = new Watch(scenario)
        const ended = await whileRunning(scenario.begin('apply', state, '--yes'), () => watch.look())
        expect(ended.code, said(ended)).toBe(0)
        expect(watch.leastHealthy).toBeGreaterThanOrEqual(3)
        expect(watch.most).toBeLessThanOrEqual(9)
        const ps = await scenario.stowage('ps', state)
        // since when it runs is told by its own host's clock
        expect(ps.stdout).not.toMatch(/running (?:-|\d+ (?:min|h))/)
        await isSettledBy(state)
      } finally {
        await clock.close()
      }
    }
  })
})
