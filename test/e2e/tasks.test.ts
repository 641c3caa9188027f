import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasLab, Scenario, until } from './support.ts'

const SHELL = (text: string) => ['sh', '-c', text]
/** Takes the signal itself, as process 1 must. */
const UNTIL_TERM = (then: string) => SHELL(`trap '${then}' TERM; while :; do sleep 3600 & wait $!; done`)

describe.runIf(hasLab)('tasks of several containers', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 1 })
    await scenario.apply(document())
  })
  afterAll(() => scenario.end())

  const container = (name: string, more: object = {}) => ({
    name,
    image: scenario.lab.registry.image('sleep:1'),
    memory: 16,
    stopTimeout: 5,
    ...more,
  })
  const tasks = () => ({
    /** An init container, a sidecar that must be healthy, then the app. */
    ordered: [
      container('init', { essential: false, command: SHELL('sleep 1') }),
      container('sidecar', {
        essential: false,
        healthCheck: { command: ['CMD', 'true'], interval: 5 },
        dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }],
      }),
      container('app', {
        dependsOn: [
          { containerName: 'init', condition: 'SUCCESS' },
          { containerName: 'sidecar', condition: 'HEALTHY' },
        ],
      }),
    ],
    /** One container ends and is not missed, another is. */
    lossy: [
      container('once', { essential: false, command: SHELL('exit 3') }),
      container('again', {
        essential: false,
        command: SHELL('sleep 1; exit 4'),
        restartPolicy: { enabled: true },
      }),
      container('main'),
    ],
    /** Each ends only after the one before it. */
    chain: [
      container('deaf', {
        stopTimeout: 2,
        command: UNTIL_TERM(':'),
        dependsOn: [{ containerName: 'middle', condition: 'START' }],
      }),
      container('back'),
      container('middle', {
        command: UNTIL_TERM('sleep 1; exit 0'),
        dependsOn: [{ containerName: 'back', condition: 'START' }],
      }),
    ],
    /** Two containers at one address. */
    net: [
      container('web', {
        image: scenario.lab.registry.image('web:1'),
        memory: 64,
        portMappings: [{ containerPort: 80, hostPort: 80 }],
      }),
      container('client', {
        healthCheck: { command: ['CMD-SHELL', 'timeout 5 wget -q -O- localhost/health'], interval: 5 },
      }),
      container('log', { essential: false }),
    ],
    /** One container at an address. */
    single: [container('only')],
  })
  const document = (...without: string[]) => {
    const kept = Object.entries(tasks()).filter(([name]) => !without.includes(name))
    return scenario.document({
      taskDefinitions: Object.fromEntries(
        kept.map(([name, containerDefinitions]) => [
          name,
          {
            containerDefinitions,
            ...(['net', 'single'].includes(name) && { networkMode: 'awsvpc' as const }),
          },
        ]),
      ),
      services: Object.fromEntries(
        kept.map(([name]) => [
          name,
          {
            taskDefinition: name,
            desiredCount: name === 'single' ? 2 : 1,
            deploymentConfiguration: { steadyAfterSeconds: 1 },
          },
        ]),
      ),
    })
  }

  const docker = (...args: string[]) => scenario.host(0).docker(...args)
  const find = async (service: string, name: string) => {
    const all = (await scenario.containers()).filter(
      c => c.service === service && c.name.endsWith(`.${name}`),
    )
    const [only] = all
    if (!only) throw new Error(`no ${service} ${name}`)
    return only
  }
  const times = async (service: string, name: string) => {
    const { id } = await find(service, name)
    const text = await docker(
      'inspect',
      '-f',
      '{{.State.StartedAt}} {{.State.FinishedAt}} {{.RestartCount}}',
      id,
    )
    const [started = '', finished = '', restarts = ''] = text.split(' ')
    return { started: Date.parse(started), finished: Date.parse(finished), restarts: Number(restarts) }
  }
  const addressesIn = async (id: string) => (await docker('exec', id, 'hostname', '-i')).trim().split(/\s+/)

  it('an init container ends, and a sidecar is healthy, before the app starts', async () => {
    const [init, sidecar, app] = await Promise.all(
      ['init', 'sidecar', 'app'].map(name => times('ordered', name)),
    )
    expect(init?.finished).toBeLessThanOrEqual(sidecar?.started ?? 0)
    // its first check is made an interval after its start
    expect((app?.started ?? 0) - (sidecar?.started ?? 0)).toBeGreaterThanOrEqual(5000)
    expect(await scenario.diff(document())).toMatchObject({ code: 0 })
  })

  it('a container that is not essential ends, and its task goes on; with a restart policy it is started again', async () => {
    expect(await find('lossy', 'once')).toMatchObject({ state: 'exited' })
    await until(
      () => times('lossy', 'again'),
      t => t.restarts > 0,
    )
    expect((await times('lossy', 'main')).restarts).toBe(0)
    expect(await scenario.diff(document())).toMatchObject({ code: 0 })
  })

  it('an essential container that ends is started again by Docker, and the others run on', async () => {
    const before = await times('chain', 'middle')
    const { id } = await find('chain', 'back')
    // detached: the end of process 1 ends what runs beside it
    await docker('exec', '-d', id, 'kill', '-TERM', '1')
    await until(
      () => times('chain', 'back'),
      t => t.restarts === 1,
    )
    expect((await times('chain', 'middle')).started).toBe(before.started)
    await until(
      () => scenario.diff(document()),
      d => d.code === 0,
    )
  })

  it('a dependency that fails ends the deployment, and is told', async () => {
    const bad = document()
    const broken = {
      ...bad,
      taskDefinitions: {
        ...bad.taskDefinitions,
        broken: {
          containerDefinitions: [
            container('migrate', { essential: false, command: SHELL('echo no database >&2; exit 7') }),
            container('app', { dependsOn: [{ containerName: 'migrate', condition: 'SUCCESS' as const }] }),
          ],
        },
      },
      services: { ...bad.services, broken: { taskDefinition: 'broken' } },
    }
    const ended = await scenario.stowage('apply', broken, '--yes')
    expect(ended.code).toBe(1)
    expect(ended.stdout + ended.stderr).toMatch(/migrate\s+exit code 7/)
    expect(ended.stdout + ended.stderr).toContain('no database')
    // what only waited is no cause
    expect(ended.stdout + ended.stderr).not.toMatch(/app\s+exit code/)
  })

  it('awsvpc: one address, localhost between the containers, and the port where it was asked for', async () => {
    const [web, client, pause] = await Promise.all(
      ['web', 'client', 'internal.pause'].map(name => find('net', name)),
    )
    if (!web || !client || !pause) throw new Error('they are there')
    const address = (
      await docker('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', pause.id)
    ).trim()
    const networks = await docker('exec', client.id, 'cat', '/proc/net/fib_trie')
    expect(networks).toContain(address)
    expect(await docker('exec', web.id, 'cat', '/proc/net/fib_trie')).toBe(networks)
    expect(client.health).toBe('healthy')
    expect(await (await fetch(`http://${scenario.host(0).ip}/health`)).text()).toBeTruthy()
    const singles = (await scenario.containers()).filter(c => c.service === 'single')
    const own = await Promise.all(singles.map(c => addressesIn(c.id)))
    expect(new Set(own.flat()).size).toBe(2)
    expect(await docker('network', 'ls', '--format', '{{.Name}}')).toContain('prod.tasks')
  })

  it('awsvpc: a pause container that was restarted takes its task with it, which is made anew', async () => {
    const { id } = await find('net', 'internal.pause')
    await docker('restart', id)
    expect(await scenario.diff(document())).toMatchObject({ code: 2 })
    await scenario.apply(document())
    expect((await find('net', 'internal.pause')).id).not.toBe(id)
    expect((await find('net', 'client')).health).toBe('healthy')
  })

  it('after a reboot one apply brings back what Docker could not, sidecars too', async () => {
    const before = (await scenario.containers()).map(c => c.id)
    await scenario.host(0).reboot()
    await scenario.apply(document())
    const after = await scenario.containers()
    expect(after.map(c => c.id)).toEqual(before)
    for (const [service, name] of [
      ['net', 'log'],
      ['ordered', 'sidecar'],
    ] as const)
      expect(await find(service, name)).toMatchObject({ state: 'running' })
    expect(await find('ordered', 'init')).toMatchObject({ state: 'exited' })
    expect(await find('lossy', 'once')).toMatchObject({ state: 'exited' })
    await until(
      () => find('net', 'client'),
      c => c.health === 'healthy',
    )
    expect(await scenario.diff(document())).toMatchObject({ code: 0 })
  })

  it('is stopped in reverse order, each container with its own time-out, and its network goes with the last', async () => {
    const since = (await docker('info', '-f', '{{.SystemTime}}')).trim()
    await scenario.apply(document('chain', 'net', 'single'))
    const now = (await docker('info', '-f', '{{.SystemTime}}')).trim()
    const lines = await docker(
      'events',
      `--since=${since}`,
      `--until=${now}`,
      '--filter=event=die',
      '--filter=event=kill',
      '--format={{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.exitCode}}',
    )
    const chain = lines
      .split('\n')
      .filter(line => line.includes('.chain.'))
      .map(line =>
        line
          .replace(/ \S+\.(\w+) /, ' $1 ')
          .replace('<no value>', '')
          .trim(),
      )
    expect(chain).toEqual([
      'kill deaf',
      'kill deaf',
      'die deaf 137',
      'kill middle',
      'die middle 0',
      'kill back',
      'die back 0',
    ])
    const net = lines.split('\n').filter(line => line.startsWith('die') && line.includes('.net.'))
    expect(net.at(-1)).toContain('internal.pause 0')
    expect(await docker('network', 'ls', '--format', '{{.Name}}')).not.toContain('prod.tasks')
    await isSteady()
  })

  const isSteady = async () =>
    expect(await scenario.diff(document('chain', 'net', 'single'))).toMatchObject({ code: 0 })
})
