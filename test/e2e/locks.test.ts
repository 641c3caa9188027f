import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { events, hasLab, Scenario, until, webTask } from './support.ts'

describe.runIf(hasLab)('the lock', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 2 })
  })
  afterAll(() => scenario.end())

  const document = (version: number) =>
    scenario.document({
      taskDefinitions: {
        web: webTask(scenario.lab.registry.image('web:1'), {
          container: { environment: [{ name: 'VERSION', value: String(version) }] },
        }),
      },
      services: { web: { taskDefinition: 'web', desiredCount: 2 } },
    })

  it('lets one of two applies at once go first, and the other one after it', async () => {
    const [first, second] = [
      scenario.begin('apply', document(1), '--yes', '--json'),
      scenario.begin('apply', document(1), '--yes', '--json'),
    ]
    const [a, b] = await Promise.all([first.ended, second.ended])
    expect([a.code, b.code], a.stderr + b.stderr).toEqual([0, 0])
    const created = [a, b].map(
      e => events(e.stdout).filter(x => x.event === 'step-done' && x.action === 'create-container').length,
    )
    expect(created.toSorted((x, y) => x - y)).toEqual([0, 2])
    expect(await scenario.containers()).toHaveLength(2)
  })

  it('of somebody who is alive elsewhere makes it wait, and then give up with their name', async () => {
    const owner = JSON.stringify({
      run: 'x',
      who: 'eve@elsewhere',
      command: 'apply',
      since: '2026-01-01T00:00:00.000Z',
    })
    const image = scenario.lab.registry.image('sleep:1')
    const host = scenario.host(0)
    await host.docker('pull', image)
    const id = (
      await host.docker(
        'create',
        '--name',
        'prod.lock',
        '--label',
        'stowage.cluster=prod',
        '--label',
        `stowage.lock=${owner}`,
        image,
      )
    ).trim()
    const ended = await scenario.stowage('apply', document(2), '--yes', '--lock-wait', '2')
    expect(ended.code).toBe(1)
    expect(ended.stdout + ended.stderr).toContain('LOCK_HELD')
    expect(ended.stdout + ended.stderr).toContain('eve@elsewhere')
    expect(await host.docker('ps', '-aq', '--no-trunc', '--filter', 'label=stowage.lock')).toContain(id)
    await host.docker('rm', id)
  })

  it('whose heartbeat stands still for 30 s by our own clock is taken over', async () => {
    const owner = JSON.stringify({
      run: 'x',
      who: 'eve@elsewhere',
      command: 'apply',
      since: '2030-01-01T00:00:00.000Z',
    })
    const host = scenario.host(0)
    await host.docker(
      'create',
      '--name',
      'prod.lock',
      '--label',
      'stowage.cluster=prod',
      '--label',
      `stowage.lock=${owner}`,
      scenario.lab.registry.image('sleep:1'),
    )
    const seen = await scenario.apply(document(2))
    expect(seen.filter(e => e.event === 'lock-taken-over')).toMatchObject([
      { instance: 'host-1', holder: 'eve@elsewhere' },
    ])
  }, 90_000)

  it('of an apply that was killed on this machine is taken over at once', async () => {
    const killed = scenario.begin('apply', document(3), '--yes', '--json')
    await until(
      async () => killed.output(),
      output => output.includes('"locked"'),
    )
    killed.child.kill('SIGKILL')
    await killed.ended
    const seen = await scenario.apply(document(3), '--lock-wait', '5')
    expect(seen.filter(e => e.event === 'lock-taken-over').length).toBeGreaterThan(0)
  })

  it('that is taken away makes an apply stop before its next action', async () => {
    const running = scenario.begin('apply', document(4), '--yes', '--json')
    await until(
      async () => running.output(),
      output => output.includes('"step-done"'),
    )
    for (const host of scenario.hosts) await host.docker('rm', '-f', 'prod.lock')
    const ended = await running.ended
    const lost = events(ended.stdout).filter(
      e => e.event === 'apply-ended' && e.report.problems.some(p => p.code === 'LOCK_LOST'),
    )
    // it may have done its last step before the loss was noticed; it must not do one after
    if (ended.code !== 0) expect(lost).toHaveLength(1)
    await scenario.apply(document(4))
    expect(await scenario.containers()).toHaveLength(2)
  })

  it('of an apply that is stopped (SIGSTOP) is taken over, and when it wakes it does not one thing more', async () => {
    const stopped = scenario.begin('apply', document(6), '--yes', '--json')
    await until(
      async () => stopped.output(),
      output => output.includes('"step-done"'),
    )
    stopped.child.kill('SIGSTOP')
    const seen = await scenario.apply(document(7))
    expect(seen.filter(e => e.event === 'lock-taken-over').length).toBeGreaterThan(0)
    const before = await scenario.containers()
    stopped.child.kill('SIGCONT')
    const ended = await stopped.ended
    expect(ended.code).toBe(1)
    const last = events(ended.stdout).find(e => e.event === 'apply-ended')
    expect(last?.report.problems.map(p => p.code)).toContain('LOCK_LOST')
    expect(await scenario.containers()).toEqual(before)
    expect(await scenario.diff(document(7))).toMatchObject({ code: 0 })
  }, 120_000)

  it('is released on Ctrl-C, after the step in hand, and the next apply finishes', async () => {
    const running = scenario.begin('apply', document(5), '--yes', '--json')
    await until(
      async () => running.output(),
      output => output.includes('"step-started"'),
    )
    running.child.kill('SIGINT')
    const ended = await running.ended
    expect(ended.code).toBe(130)
    const all = events(ended.stdout)
    const count = (event: string) => all.filter(e => e.event === event).length
    expect(count('step-started')).toBe(count('step-done') + count('step-failed'))
    for (const host of scenario.hosts)
      expect(await host.docker('ps', '-aq', '--filter', 'label=stowage.lock')).toBe('')
    await scenario.apply(document(5))
    expect(await scenario.diff(document(5))).toMatchObject({ code: 0 })
  })
})
