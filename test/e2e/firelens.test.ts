import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspectAll, placesOf } from './planted.ts'
import { type Container, hasLab, Scenario, until } from './support.ts'

const PLANTED = 'planted-64ce-password'
const ROTATED = 'planted-0b1d-password'

describe.runIf(hasLab)('a log router', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 1 })
    put(PLANTED)
    printed.push(...(await scenario.apply(document())).map(e => JSON.stringify(e)))
  })
  afterAll(() => scenario.end())

  const printed: string[] = []
  const put = (value: string) => writeFileSync(join(scenario.folder, 'password.txt'), value)
  const document = (words = 'hello') => {
    const image = scenario.lab.registry.image('sleep:1')
    // it says its words again and again, and ends at once when asked to
    const talk = `trap 'echo bye; exit 0' TERM; while :; do echo ${words} $FLUENT_HOST:$FLUENT_PORT; sleep 1 & wait $!; done`
    const logConfiguration = {
      logDriver: 'awsfirelens',
      options: { Name: 'http', Host: 'logs.example.net' },
      secretOptions: [{ name: 'http_Passwd', valueFrom: 'file:password.txt' }],
    }
    const router = {
      name: 'router',
      image: scenario.lab.registry.image('router:1'),
      memory: 32,
      stopTimeout: 5,
      readonlyRootFilesystem: true,
      firelensConfiguration: { type: 'fluentbit' as const },
    }
    const app = {
      name: 'app',
      image,
      memory: 16,
      stopTimeout: 5,
      command: ['sh', '-c', talk],
      logConfiguration,
    }
    return scenario.document({
      taskDefinitions: {
        web: { containerDefinitions: [app, router] },
        own: { networkMode: 'awsvpc', containerDefinitions: [router, app] },
      },
      services: {
        web: {
          taskDefinition: 'web',
          desiredCount: 2,
          deploymentConfiguration: { steadyAfterSeconds: 1 },
        },
        own: {
          taskDefinition: 'own',
          desiredCount: 1,
          deploymentConfiguration: { steadyAfterSeconds: 1 },
        },
      },
    })
  }

  const docker = (...args: string[]) => scenario.host(0).docker(...args)
  const named = async (end: string): Promise<Container[]> =>
    (await scenario.containers()).filter(c => c.name.endsWith(`.${end}`))
  /** Lines that a router printed, which are what it has got. */
  const taken = async (router: Container) => (await docker('logs', router.id)).split('\n')
  const tagOf = ({ service, slot, revision }: Container) =>
    `app-firelens-${service}-${slot}-${revision.slice(0, 8)}`

  it('takes what the containers of its task print, by their tags, each task with a router of its own', async () => {
    const routers = await named('router')
    expect(routers.map(r => r.service)).toEqual(['own', 'web', 'web'])
    for (const router of routers) {
      const address = router.service === 'web' ? 'firelens:24224' : '127.0.0.1:24224'
      const lines = await until(
        () => taken(router),
        seen => seen.some(l => l.includes('hello')),
      )
      const messages = lines.filter(l => l.includes('log='))
      expect(messages[0]).toMatch(new RegExp(`^${tagOf(router)} .*log=hello ${address} source=stdout`))
      expect(messages[0]).toContain(`ecs_task_arn=stowage:prod/${router.service}/${router.slot}/`)
      expect(messages.filter(l => !l.startsWith(`${tagOf(router)} `))).toEqual([])
    }
  })

  it('finds its generated configuration beside what its image brought, with the password that Docker shows nowhere', async () => {
    const [router] = await named('router')
    const config = await docker('exec', router?.id ?? '', 'cat', '/fluent-bit/etc/fluent-bit.conf')
    expect(config).toContain(
      `    Name http\n    Match app-firelens*\n    Host logs.example.net\n    http_Passwd ${PLANTED}`,
    )
    expect(await docker('exec', router?.id ?? '', 'cat', '/fluent-bit/etc/parsers.conf')).toBe(
      '# of the image',
    )
    expect(placesOf(PLANTED, await inspectAll(scenario.host(0)))).toEqual([])
  })

  it('is found by the name that a program is told', async () => {
    const [app] = (await named('app')).filter(c => c.service === 'web')
    expect(await docker('exec', app?.id ?? '', 'cat', '/etc/hosts')).toMatch(/\sfirelens(\s|$)/m)
  })

  it('is as it should be once it runs', async () => {
    const diff = await scenario.diff(document())
    expect(diff, diff.stdout).toMatchObject({ code: 0 })
  })

  it('takes messages again after a reboot, with nobody’s doing', async () => {
    const before = (await named('router')).filter(r => r.service === 'web')
    await scenario.host(0).reboot()
    for (const router of before) {
      const since = async () => (await taken(router)).join('\n').split('router listens').slice(2).join('')
      await until(since, seen => seen.includes('log=hello'), 60)
    }
  })

  it('is replaced with its task, and hears the last words of the container that it outlives', async () => {
    put(ROTATED)
    const [old] = (await named('router')).filter(r => r.service === 'web')
    const follow = docker('logs', '-f', old?.id ?? '')
    printed.push(...(await scenario.apply(document('again'))).map(e => JSON.stringify(e)))
    const lines = (await follow).split('\n').filter(l => l.includes('log=bye') || l === 'router ends')
    expect(lines.at(-1)).toBe('router ends')
    expect(lines.some(l => l.includes('log=bye'))).toBe(true)
    for (const router of await named('router'))
      await until(
        () => taken(router),
        seen => seen.some(l => l.includes('log=again')),
      )
    expect((await docker('volume', 'ls', '-q', '--filter', 'label=stowage.task')).split('\n')).toHaveLength(6)
  })

  it('leaves nothing behind, and no password in anything that was printed', async () => {
    await scenario.stowage('destroy', document(), '--yes')
    expect(await docker('volume', 'ls', '-q')).toBe('')
    const all = printed.join('\n')
    expect(all.length).toBeGreaterThan(1000)
    for (const value of [PLANTED, ROTATED]) expect(all).not.toContain(value)
  })
})
