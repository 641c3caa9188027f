import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DesiredStateDocument } from '../../engine/desired-state/document.generated.ts'
import { events, hasLab, Scenario, until, webTask } from './support.ts'

interface Shop {
  readonly web?: string
  readonly command?: readonly string[]
}

describe.runIf(hasLab)('a migration, then api, then web', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 2 })
  })
  afterAll(() => scenario.end())

  const image = (name: string) => scenario.lab.registry.image(name)
  const MIGRATE = ['sh', '-c', 'sleep 1; echo "schema is at $VERSION"']
  const shop = ({ web = 'web:1', command = MIGRATE }: Shop = {}): DesiredStateDocument => {
    const environment = [{ name: 'VERSION', value: web }]
    return scenario.document({
      taskDefinitions: { api: webTask(image(web)), web: webTask(image(web)) },
      tasks: {
        migrate: {
          taskDefinition: 'api',
          overrides: { containerOverrides: [{ name: 'web', command: [...command], environment }] },
          startedBy: 'tests/dependencies',
        },
      },
      services: {
        api: { taskDefinition: 'api', desiredCount: 2, dependsOn: ['migrate'] },
        web: { taskDefinition: 'web', desiredCount: 2, dependsOn: ['api'] },
      },
    })
  }
  const migrations = async () => (await scenario.containers()).filter(c => c.service === 'migrate')
  const services = async () =>
    (await scenario.containers()).filter(c => c.service !== 'migrate').map(c => `${c.service} ${c.id}`)
  const docker = (host: string, ...args: string[]) => {
    const found = scenario.hosts.find(h => h.name === host)
    if (!found) throw new Error(`no host ${host}`)
    return found.docker(...args)
  }

  it('come one after the other; the migration has run once, and its log is there', async () => {
    const begun = (await scenario.apply(shop())).flatMap(e =>
      e.event === 'step-started' && e.action === 'start-container' ? [e.subject.split('.')[0]] : [],
    )
    expect(begun).toEqual(['migrate', 'api', 'api', 'web', 'web'])
    const [ran, ...more] = await migrations()
    expect([ran?.state, more]).toEqual(['exited', []])
    expect(await docker(ran?.host ?? '', 'logs', ran?.id ?? '')).toContain('schema is at web:1')
    const format = '{{.HostConfig.RestartPolicy.Name}} {{index .Config.Labels "stowage.tag.startedBy"}}'
    expect(await docker(ran?.host ?? '', 'inspect', '--format', format, ran?.id ?? '')).toContain(
      'no tests/dependencies',
    )
    expect((await scenario.diff(shop())).code).toBe(0)
  })

  it('a migration that fails: nothing that waits for it is touched, and the report says why', async () => {
    const before = await services()
    const bad = shop({ web: 'web:2', command: ['sh', '-c', 'echo "no such table: orders" >&2; exit 4'] })
    const ended = await scenario.stowage('apply', bad, '--yes')
    expect(ended.code, ended.stdout + ended.stderr).toBe(1)
    expect(ended.stdout).toContain('exit code 4')
    expect(ended.stdout).toContain('| no such table: orders')
    expect(ended.stdout).toContain('api was not begun: it waits for migrate, which failed')
    expect(ended.stdout).toContain('web was not begun: it waits for api, which was not begun either')
    expect(await services()).toEqual(before)
  })

  it('killed while the migration runs: the next apply waits for it, does not run it twice, and finishes', async () => {
    const next = shop({ web: 'web:2', command: ['sh', '-c', 'sleep 6; echo done'] })
    const running = scenario.begin('apply', next, '--yes', '--json')
    await until(migrations, all => all.some(c => c.state === 'running'))
    running.child.kill('SIGKILL')
    await running.ended
    const [first] = await migrations()
    await scenario.apply(next)
    expect((await migrations()).map(c => [c.id, c.state])).toEqual([[first?.id, 'exited']])
    expect((await docker(first?.host ?? '', 'logs', first?.id ?? '')).trim()).toBe('done')
    expect(
      new Set((await scenario.containers()).flatMap(c => (c.service === 'web' ? [c.health] : []))),
    ).toEqual(new Set(['healthy']))
  })

  it('a revision that crashes again and again has failed within seconds, with a full report; web is not begun', async () => {
    const good = shop({ web: 'web:2', command: ['sh', '-c', 'sleep 6; echo done'] })
    const crash = { containerDefinitions: [{ name: 'web', image: image('crash:1'), memory: 64 }] }
    const bad = {
      ...good,
      taskDefinitions: { ...good.taskDefinitions, crash, web: webTask(image('web:1')) },
      services: { ...good.services, api: { ...good.services?.['api'], taskDefinition: 'crash' } },
    }
    const before = await services()
    const started = Date.now()
    const ended = await scenario.stowage('apply', bad, '--yes', '--json')
    expect((Date.now() - started) / 1000).toBeLessThan(30)
    expect(ended.code).toBe(1)
    const end = events(ended.stdout).find(e => e.event === 'apply-ended')
    expect(end?.report.failures[0]).toMatchObject({
      service: 'api',
      exitCode: 3,
      log: expect.arrayContaining(['fatal: no such file /etc/app.conf']),
    })
    expect(end?.report.problems.map(p => p.code).sort()).toEqual(['DEPENDENCY_FAILED', 'DEPLOYMENT_FAILED'])
    // no old task is gone: they stop when their successors are healthy
    expect((await services()).filter(s => before.includes(s))).toEqual(before)
    await scenario.apply(good)
    expect((await scenario.diff(good)).code).toBe(0)
    expect(await services()).toEqual(before)
  })

  it('go in the reverse of that order, and leave nothing', async () => {
    const ended = await scenario.stowage('destroy', shop(), '--yes', '--json')
    expect(ended.code, ended.stdout + ended.stderr).toBe(0)
    const gone = events(ended.stdout).flatMap(e =>
      e.event === 'step-done' && e.action === 'remove-container' ? [e.subject.split('.')[0]] : [],
    )
    expect(gone).toEqual(['web', 'web', 'api', 'api', 'migrate'])
    expect(await scenario.containers()).toEqual([])
  })
})
