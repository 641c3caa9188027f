import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContainerDefinition, TaskDefinition } from '../../engine/desired-state/document.generated.ts'
import { hasLab, Scenario, until } from './support.ts'

const SHELL = (text: string) => ['sh', '-c', text]
/** Takes the signal itself, as process 1 must. */
const UNTIL_TERM = (then: string) => SHELL(`trap '${then}' TERM; while :; do sleep 3600 & wait $!; done`)
const after = (containerName: string, condition: 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY') => ({
  containerName,
  condition,
})
const PASSES = { command: ['CMD', 'true'], interval: 5 }

/** One task, and what ECS promises of it. A container without an image does nothing until it is stopped. */
interface Row {
  readonly obligation: string
  readonly service: string
  readonly containers: readonly (Partial<ContainerDefinition> & { name: string })[]
  readonly task?: Partial<TaskDefinition>
  readonly shows: (task: Seen) => Promise<void>
}

/** Tasks that become steady. */
const ROWS: readonly Row[] = [
  {
    obligation: 'an init container runs to its end before the app starts',
    service: 'init',
    containers: [
      { name: 'init', essential: false, command: SHELL('sleep 1') },
      { name: 'app', dependsOn: [after('init', 'SUCCESS')] },
    ],
    shows: async task => {
      const [init, app] = await task.all('init', 'app')
      expect(init.exitCode).toBe(0)
      expect(init.finished - init.started).toBeGreaterThanOrEqual(1000)
      expect(app.started).toBeGreaterThanOrEqual(init.finished)
    },
  },
  {
    obligation: 'COMPLETE is content with an init container that fails',
    service: 'complete',
    containers: [
      { name: 'init', essential: false, command: SHELL('exit 3') },
      { name: 'app', dependsOn: [after('init', 'COMPLETE')] },
    ],
    shows: async task => {
      const [init, app] = await task.all('init', 'app')
      expect(init.exitCode).toBe(3)
      expect(app.started).toBeGreaterThanOrEqual(init.finished)
    },
  },
  {
    obligation: 'a sidecar is HEALTHY before the app starts',
    service: 'sidecar',
    containers: [
      { name: 'sidecar', essential: false, healthCheck: PASSES },
      { name: 'app', dependsOn: [after('sidecar', 'HEALTHY')] },
    ],
    shows: async task => {
      const [sidecar, app] = await task.all('sidecar', 'app')
      // its first check is made an interval after its start
      expect(app.started - sidecar.started).toBeGreaterThanOrEqual(5000)
    },
  },
  {
    obligation: 'a container that is not essential ends, and its task goes on without it',
    service: 'lossy',
    containers: [
      { name: 'once', essential: false, command: SHELL('exit 3') },
      { name: 'main' },
      { name: 'waiter', essential: false, dependsOn: [after('once', 'SUCCESS')] },
    ],
    shows: async task => {
      const [once, main, waiter] = await task.all('once', 'main', 'waiter')
      expect(once).toMatchObject({ state: 'exited', exitCode: 3, restarts: 0 })
      expect(main).toMatchObject({ state: 'running', restarts: 0 })
      // what waits for its success is never started, and is not missed either
      expect(waiter.state).toBe('created')
    },
  },
  {
    obligation: 'a restart policy starts a container again after every exit code but the ignored ones',
    service: 'again',
    containers: [
      { name: 'every', essential: false, command: SHELL('sleep 1'), restartPolicy: { enabled: true } },
      {
        name: 'not-0',
        essential: false,
        command: SHELL('exit 0'),
        restartPolicy: { enabled: true, ignoredExitCodes: [0] },
      },
      {
        name: 'but-0',
        essential: false,
        command: SHELL('sleep 1; exit 4'),
        restartPolicy: { enabled: true, ignoredExitCodes: [0] },
      },
      {
        name: 'not-5',
        essential: false,
        command: SHELL('exit 5'),
        restartPolicy: { enabled: true, ignoredExitCodes: [5] },
      },
      { name: 'main' },
    ],
    shows: async task => {
      for (const name of ['every', 'but-0'])
        await until(
          () => task.at(name),
          c => c.restarts > 0,
        )
      const [zero, five, main] = await task.all('not-0', 'not-5', 'main')
      expect(zero).toMatchObject({ state: 'exited', exitCode: 0, restarts: 0 })
      expect(five).toMatchObject({ state: 'exited', exitCode: 5, restarts: 0 })
      expect(main).toMatchObject({ state: 'running', restarts: 0 })
    },
  },
  {
    obligation: 'an essential container that ends is started again by Docker, and the others run on',
    service: 'chain',
    containers: [
      { name: 'deaf', stopTimeout: 2, command: UNTIL_TERM(':'), dependsOn: [after('middle', 'START')] },
      { name: 'back' },
      { name: 'middle', command: UNTIL_TERM('sleep 1; exit 0'), dependsOn: [after('back', 'START')] },
    ],
    shows: async task => {
      const [back, middle, deaf] = await task.all('back', 'middle', 'deaf')
      expect([back.started, middle.started, deaf.started]).toEqual(
        [back.started, middle.started, deaf.started].toSorted((a, b) => a - b),
      )
      await task.kill('back')
      await until(
        () => task.at('back'),
        c => c.restarts === 1,
      )
      expect((await task.at('middle')).started).toBe(middle.started)
    },
  },
  {
    obligation: 'links: the alias is known to the linking container alone',
    service: 'linked',
    containers: [{ name: 'app', links: ['side:backend'] }, { name: 'side' }],
    shows: async task => {
      expect(await task.shell('app', 'ping -c 1 -W 2 backend > /dev/null && echo found')).toBe('found')
      expect(await task.shell('side', 'cat /etc/hosts')).not.toMatch(/backend|\.app/)
    },
  },
  {
    obligation: 'pidMode and ipcMode task: its containers share processes and shared memory',
    service: 'shared',
    task: { pidMode: 'task', ipcMode: 'task' },
    containers: [
      { name: 'holder', command: UNTIL_TERM('exit 0; : the holder') },
      { name: 'guest', command: UNTIL_TERM('exit 0; : the guest') },
    ],
    shows: async task => {
      expect(await task.shell('guest', 'cat /proc/1/cmdline')).toContain('the holder')
      await task.shell('guest', 'echo from the guest > /dev/shm/note')
      expect(await task.shell('holder', 'cat /dev/shm/note')).toBe('from the guest')
    },
  },
  {
    obligation: 'awsvpc: one address, localhost between the containers, and the port where it was asked for',
    service: 'net',
    task: { networkMode: 'awsvpc' },
    containers: [
      { name: 'web', image: 'web:1', memory: 64, portMappings: [{ containerPort: 80, hostPort: 80 }] },
      {
        name: 'client',
        healthCheck: { command: ['CMD-SHELL', 'timeout 5 wget -q -O- localhost/health'], interval: 5 },
      },
      { name: 'log', essential: false },
    ],
    shows: async task => {
      const [address] = await task.addresses('internal.pause')
      const networks = await task.shell('client', 'cat /proc/net/fib_trie')
      expect(networks).toContain(address)
      expect(await task.shell('web', 'cat /proc/net/fib_trie')).toBe(networks)
      expect((await task.at('client')).health).toBe('healthy')
      expect(await (await fetch(`http://${task.host.ip}/health`)).text()).toBeTruthy()
    },
  },
  {
    obligation: 'awsvpc: a task of one container has an address of its own, and needs no pause container',
    service: 'single',
    task: { networkMode: 'awsvpc' },
    containers: [{ name: 'only' }],
    shows: async task => {
      const [[own], [other]] = await Promise.all([
        task.addresses('only'),
        new Seen(task.scenario, 'net').addresses('internal.pause'),
      ])
      expect(own).not.toBe(other)
      expect(await task.names()).toEqual(['only'])
    },
  },
]

/** Tasks that fail, and what is told of them. */
const FAILING: readonly (Omit<Row, 'shows'> & { says: RegExp })[] = [
  {
    obligation:
      'SUCCESS with another exit code than 0 ends the deployment, with the exit code and the last lines',
    service: 'migrated',
    containers: [
      { name: 'migrate', essential: false, command: SHELL('echo no database >&2; exit 7') },
      { name: 'app', dependsOn: [after('migrate', 'SUCCESS')] },
    ],
    says: /migrate\s+exit code 7[\s\S]*no database/,
  },
  {
    obligation: 'HEALTHY that never comes ends it once the start time-out of what is waited for is over',
    service: 'late',
    containers: [
      {
        name: 'slow',
        essential: false,
        startTimeout: 2,
        healthCheck: { command: ['CMD', 'false'], interval: 300 },
      },
      { name: 'app', dependsOn: [after('slow', 'HEALTHY')] },
    ],
    says: /late\.1 on host-1 \(slow is not HEALTHY within its startTimeout of 2 s\)/,
  },
  {
    obligation: 'HEALTHY of a container that ended ends it at once',
    service: 'ended',
    containers: [
      { name: 'proxy', essential: false, command: SHELL('exit 9'), healthCheck: PASSES },
      { name: 'app', dependsOn: [after('proxy', 'HEALTHY')] },
    ],
    says: /proxy\s+exit code 9/,
  },
]

describe.runIf(hasLab)('tasks of several containers', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 1 })
    await scenario.apply(document(ROWS))
  })
  afterAll(() => scenario.end())

  const document = (rows: readonly Omit<Row, 'shows'>[]) =>
    scenario.document({
      taskDefinitions: Object.fromEntries(
        rows.map(({ service, task, containers }) => [
          service,
          {
            ...task,
            containerDefinitions: containers.map(container => ({
              memory: 16,
              stopTimeout: 5,
              ...container,
              image: scenario.lab.registry.image(container.image ?? 'sleep:1'),
            })),
          },
        ]),
      ),
      services: Object.fromEntries(
        rows.map(({ service }) => [
          service,
          { taskDefinition: service, deploymentConfiguration: { steadyAfterSeconds: 1 } },
        ]),
      ),
    })
  const without = (...services: string[]) => document(ROWS.filter(row => !services.includes(row.service)))
  const docker = (...args: string[]) => scenario.host(0).docker(...args)
  const seen = (service: string) => new Seen(scenario, service)

  it.each(ROWS.map(row => [row.obligation, row] as const))('%s', async (_, { service, shows }) => {
    await shows(seen(service))
  })

  it('nothing is left to do once all of them stand', async () => {
    await until(
      () => scenario.diff(document(ROWS)),
      d => d.code === 0,
    )
  })

  describe('what fails', () => {
    let said = ''
    beforeAll(async () => {
      const ended = await scenario.stowage('apply', document([...ROWS, ...FAILING]), '--yes')
      expect(ended.code).toBe(1)
      said = ended.stdout + ended.stderr
    })

    it.each(FAILING.map(row => [row.obligation, row] as const))('%s', (_, { service, says }) => {
      expect(said).toMatch(new RegExp(`${service}: the deployment of revision \\w+ failed`))
      expect(said).toMatch(says)
      // what only waited is no cause
      expect(said).not.toMatch(/app\s+exit code/)
    })
  })

  it('an essential container whose exit code its policy ignores ends its task, which is made anew as a whole', async () => {
    const row = {
      service: 'ends',
      containers: [
        { name: 'app', restartPolicy: { enabled: true, ignoredExitCodes: [0] } },
        { name: 'beside', essential: false },
      ],
    }
    const ends = document([...ROWS, { obligation: '', ...row }])
    await scenario.apply(ends)
    const task = seen('ends')
    const before = await task.all('app', 'beside')
    await task.kill('app')
    await until(
      () => task.at('app'),
      c => c.state === 'exited',
    )
    expect(await scenario.diff(ends)).toMatchObject({ code: 2 })
    await scenario.apply(ends)
    const now = await task.all('app', 'beside')
    expect(now.map(c => c.state)).toEqual(['running', 'running'])
    expect(now.map(c => c.id)).not.toContain(before[0]?.id)
    expect(now.map(c => c.id)).not.toContain(before[1]?.id)
  })

  it('awsvpc: a pause container that was restarted takes its task with it, which is made anew', async () => {
    const { id } = await seen('net').at('internal.pause')
    await docker('restart', id)
    // what is left of the tests before goes along
    const { stdout } = await scenario.diff(document(ROWS))
    expect(stdout).toContain('its pause container ended, and its network with it')
    await scenario.apply(document(ROWS))
    expect((await seen('net').at('internal.pause')).id).not.toBe(id)
    expect((await seen('net').at('client')).health).toBe('healthy')
  })

  it('after a reboot one apply brings back what Docker could not, sidecars too', async () => {
    const before = (await scenario.containers()).map(c => c.id)
    await scenario.host(0).reboot()
    await scenario.apply(document(ROWS))
    const now = await scenario.containers()
    expect(now.map(c => c.id)).toEqual(before)
    expect(await seen('net').at('log')).toMatchObject({ state: 'running' })
    expect(await seen('sidecar').at('sidecar')).toMatchObject({ state: 'running' })
    expect(await seen('init').at('init')).toMatchObject({ state: 'exited' })
    expect(await seen('lossy').at('once')).toMatchObject({ state: 'exited' })
    await until(
      () => seen('net').at('client'),
      c => c.health === 'healthy',
    )
    expect(await scenario.diff(document(ROWS))).toMatchObject({ code: 0 })
  })

  it('a task is stopped in reverse order: each container once those that depend on it have ended, a slow one killed after its own time-out', async () => {
    const ended = await endings(async () => void (await scenario.apply(without('chain', 'net', 'single'))))
    const of = (service: string) =>
      ended
        .filter(e => e.name.includes(`.${service}.`))
        .map(e => ({ ...e, name: e.name.split('.').slice(4).join('.') }))
    const chain = of('chain')
    expect(chain.map(e => `${e.action} ${e.name} ${e.exitCode}`.trim())).toEqual([
      'kill deaf',
      'kill deaf',
      'die deaf 137',
      'kill middle',
      'die middle 0',
      'kill back',
      'die back 0',
    ])
    const [asked, killed, , middle, middleEnded] = chain.map(e => e.at)
    expect((killed ?? 0) - (asked ?? 0)).toBeGreaterThanOrEqual(2000)
    expect((middleEnded ?? 0) - (middle ?? 0)).toBeGreaterThanOrEqual(1000)
    // what the others live in goes last, and the network with the last task
    expect(of('net').findLast(e => e.action === 'die')).toMatchObject({
      name: 'internal.pause',
      exitCode: '0',
    })
    expect(await docker('network', 'ls', '--format', '{{.Name}}')).not.toContain('prod.tasks')
    expect(await scenario.diff(without('chain', 'net', 'single'))).toMatchObject({ code: 0 })
  })

  /** What Docker tells of containers that are stopped meanwhile, by its own clock. */
  const endings = async (work: () => Promise<void>) => {
    const time = async () => (await docker('info', '-f', '{{.SystemTime}}')).trim()
    const since = await time()
    await work()
    const attributes = '{{.TimeNano}} {{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.exitCode}}'
    const filters = ['--filter=event=die', '--filter=event=kill']
    const lines = await docker(
      'events',
      `--since=${since}`,
      `--until=${await time()}`,
      ...filters,
      `--format=${attributes}`,
    )
    return lines.split('\n').map(line => {
      const [nano = '', action = '', name = '', exitCode = ''] = line.replace('<no value>', '').split(' ')
      return { at: Number(nano) / 1e6, action, name, exitCode }
    })
  }
})

interface SeenContainer {
  readonly id: string
  readonly state: string
  readonly health: string
  /** ms since 1970, by the host's clock. */
  readonly started: number
  readonly finished: number
  readonly exitCode: number
  readonly restarts: number
}

/** The one task of a service, as its host shows it. */
class Seen {
  readonly scenario: Scenario
  readonly #service: string

  constructor(scenario: Scenario, service: string) {
    this.scenario = scenario
    this.#service = service
  }

  get host() {
    return this.scenario.host(0)
  }

  async names(): Promise<string[]> {
    return (await this.#containers()).map(c => c.container)
  }

  async at(name: string): Promise<SeenContainer> {
    const { id, state, health } = await this.#find(name)
    const template = '{{.State.StartedAt}} {{.State.FinishedAt}} {{.State.ExitCode}} {{.RestartCount}}'
    const text = await this.host.docker('inspect', '-f', template, id)
    const [started = '', finished = '', exitCode, restarts] = text.trim().split(' ')
    return {
      id,
      state,
      health,
      started: Date.parse(started),
      finished: Date.parse(finished),
      exitCode: Number(exitCode),
      restarts: Number(restarts),
    }
  }

  async all<const Names extends readonly string[]>(
    ...names: Names
  ): Promise<{ [Index in keyof Names]: SeenContainer }> {
    return (await Promise.all(names.map(name => this.at(name)))) as { [Index in keyof Names]: SeenContainer }
  }

  async shell(name: string, text: string): Promise<string> {
    const { id } = await this.#find(name)
    return (await this.host.docker('exec', id, 'sh', '-c', text)).trim()
  }

  /** Ends process 1 by SIGTERM. Detached: the end of process 1 ends what runs beside it. */
  async kill(name: string): Promise<void> {
    const { id } = await this.#find(name)
    await this.host.docker('exec', '-d', id, 'kill', '-TERM', '1')
  }

  async addresses(name: string): Promise<string[]> {
    const { id } = await this.#find(name)
    const template = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'
    return (await this.host.docker('inspect', '-f', template, id)).trim().split(' ')
  }

  async #find(name: string) {
    const found = (await this.#containers()).find(c => c.container === name)
    if (!found) throw new Error(`no ${this.#service} ${name}`)
    return found
  }

  async #containers() {
    return (await this.scenario.containers())
      .filter(c => c.service === this.#service)
      .map(c => ({ ...c, container: c.name.split('.').slice(4).join('.') }))
  }
}
