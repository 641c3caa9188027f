import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Container, hasLab, Scenario } from './support.ts'

describe.runIf(hasLab)('what is changed by hand', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 1 })
    await scenario.apply(document())
  })
  afterAll(() => scenario.end())

  const document = () =>
    scenario.document({
      taskDefinitions: {
        app: {
          volumes: [{ name: 'scratch' }, { name: 'hostname', host: { sourcePath: '/etc/hostname' } }],
          containerDefinitions: [
            {
              name: 'app',
              image: scenario.lab.registry.image('sleep:1'),
              memory: 32,
              memoryReservation: 16,
              cpu: 128,
              stopTimeout: 2,
              user: '0:0',
              workingDirectory: '/tmp',
              environment: [{ name: 'MODE', value: 'fast & "quoted" $(x)' }],
              dockerLabels: { 'com.example.team': 'core' },
              portMappings: [
                { containerPort: 8080, hostPort: 18080 },
                { containerPort: 53, protocol: 'udp' },
              ],
              mountPoints: [
                { sourceVolume: 'scratch', containerPath: '/scratch' },
                { sourceVolume: 'hostname', containerPath: '/the-hostname', readOnly: true },
              ],
              logConfiguration: { logDriver: 'json-file', options: { 'max-size': '1m' } },
              healthCheck: { command: ['CMD', 'true'], interval: 5, timeout: 2, retries: 2, startPeriod: 1 },
            },
          ],
        },
      },
      services: { app: { taskDefinition: 'app', desiredCount: 1 } },
    })

  const task = async (): Promise<Container> => {
    const [only, ...more] = await scenario.containers()
    if (!only || more.length > 0)
      throw new Error(`one container expected, not ${more.length + (only ? 1 : 0)}`)
    return only
  }
  const isAsDocumented = async () => {
    expect(await scenario.diff(document())).toMatchObject({ code: 0 })
    return task()
  }

  it('nothing: what was made is read back as what was asked for', async () => {
    await isAsDocumented()
  })

  it('a removed container is seen and made again', async () => {
    await scenario.host(0).docker('rm', '-f', (await task()).id)
    expect(await scenario.diff(document())).toMatchObject({ code: 2 })
    await scenario.apply(document())
    await isAsDocumented()
  })

  it('a stopped container is seen and started again, the same one', async () => {
    const { id } = await task()
    await scenario.host(0).docker('stop', id)
    expect(await scenario.diff(document())).toMatchObject({ code: 2 })
    await scenario.apply(document())
    expect((await isAsDocumented()).id).toBe(id)
  })

  it('a paused container is seen and unpaused', async () => {
    const { id } = await task()
    await scenario.host(0).docker('pause', id)
    expect(await scenario.diff(document())).toMatchObject({ code: 2 })
    await scenario.apply(document())
    expect((await isAsDocumented()).id).toBe(id)
  })

  it('a memory limit changed with docker update is seen and set back in place', async () => {
    const { id } = await task()
    await scenario
      .host(0)
      .docker('update', '--memory', '64m', '--memory-swap', '128m', '--cpu-shares', '512', id)
    const diff = await scenario.diff(document())
    expect(diff.code).toBe(2)
    expect(diff.stdout).toMatch(/memory/)
    await scenario.apply(document())
    expect((await isAsDocumented()).id).toBe(id)
    const limit = await scenario
      .host(0)
      .docker('inspect', '-f', '{{.HostConfig.Memory}} {{.HostConfig.CpuShares}}', id)
    expect(limit.trim()).toBe(`${32 * 1024 * 1024} 128`)
  })

  it('an environment that was edited is seen, and the task replaced', async () => {
    const host = scenario.host(0)
    const { id, name } = await task()
    const labels = JSON.parse(await host.docker('inspect', '-f', '{{json .Config.Labels}}', id)) as Record<
      string,
      string
    >
    const flags = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`])
    await host.docker('rm', '-f', id)
    // what somebody does who wants another environment: the same container again, by hand
    const image = `${scenario.lab.registry.image('sleep')}@${scenario.lab.registry.digests.get('lab/sleep:1')}`
    await host.docker('run', '-d', '--name', name, ...flags, '-e', 'MODE=slow', image)
    const diff = await scenario.diff(document())
    expect(diff.code).toBe(2)
    expect(diff.stdout).toMatch(/environment/)
    await scenario.apply(document())
    const env = await host.docker('inspect', '-f', '{{json .Config.Env}}', (await isAsDocumented()).id)
    expect(JSON.parse(env)).toContain('MODE=fast & "quoted" $(x)')
  })

  it('a container with the cluster’s label that nobody wants is removed, and its network too', async () => {
    const host = scenario.host(0)
    await host.docker('network', 'create', '--label', 'stowage.cluster=prod', 'stray')
    await host.docker(
      'run',
      '-d',
      '--name',
      'stray',
      '--label',
      'stowage.cluster=prod',
      scenario.lab.registry.image('sleep:1'),
    )
    expect(await scenario.diff(document())).toMatchObject({ code: 2 })
    await scenario.apply(document())
    expect(await scenario.everything(host)).not.toContain('network stray')
    await isAsDocumented()
  })
})
