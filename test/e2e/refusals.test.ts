import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DesiredStateDocument } from '../../engine/desired-state/document.generated.ts'
import { hasLab, run, Scenario, webTask } from './support.ts'

describe.runIf(hasLab)('what cannot be done', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 2 })
  })
  afterAll(() => scenario.end())

  const document = (parts: Partial<DesiredStateDocument> = {}) =>
    scenario.document({
      taskDefinitions: { web: webTask(scenario.lab.registry.image('web:1')) },
      services: { web: { taskDefinition: 'web', desiredCount: 2 } },
      ...parts,
    })
  const withImage = (image: string) => document({ taskDefinitions: { web: webTask(image) } })
  const refused = async (state: DesiredStateDocument, ...flags: string[]) => {
    // health checks go on meanwhile
    const containers = async () => (await scenario.containers()).map(c => ({ ...c, health: '' }))
    const before = await containers()
    const ended = await scenario.stowage('apply', state, '--yes', ...flags)
    expect(ended.code, ended.stdout + ended.stderr).toBe(1)
    expect(await containers()).toEqual(before)
    return ended.stdout + ended.stderr
  }

  it('a document that does not fit is refused with every error, and no host is contacted', async () => {
    const connections = () => readFileSync(scenario.host(0).sshdLog, 'utf8').length
    const before = connections()
    const wrong = {
      ...document(),
      services: { web: { taskDefinition: 'web', desiredCont: 2 }, api: { taskDefinition: 'wep' } },
    }
    const said = await refused(wrong)
    expect(said).toContain('/services/web/desiredCont')
    expect(said).toContain('desiredCount')
    expect(said).toContain('/services/api/taskDefinition')
    expect(connections()).toBe(before)
  })

  it('one host under two names is refused', async () => {
    const { address } = scenario.host(0)
    const containerInstances = { first: { address }, second: { address: `${address}/run/docker.sock` } }
    expect(await refused({ ...document(), containerInstances })).toContain('INSTANCE_TWICE')
  })

  it('an image that does not exist is told before anything is stopped', async () => {
    await scenario.apply(document())
    expect(await refused(withImage(scenario.lab.registry.image('nothing:9')))).toContain('IMAGE_NOT_FOUND')
  })

  it('an image that needs a login is told before anything is stopped', async () => {
    const image = `${scenario.lab.registry.private.address}/lab/web:2`
    expect(await refused(withImage(image))).toContain('IMAGE_UNAUTHORIZED')
  })

  it('the login of docker’s config.json is sent along', async () => {
    const { address, user, password } = scenario.lab.registry.private
    const auth = Buffer.from(`${user}:${password}`).toString('base64')
    writeFileSync(join(scenario.folder, 'config.json'), JSON.stringify({ auths: { [address]: { auth } } }))
    const file = scenario.write(withImage(`${address}/lab/web:2`))
    const keys = ['--known-hosts', scenario.lab.knownHosts, '--identity', scenario.lab.identityFile]
    const env = { DOCKER_CONFIG: scenario.folder }
    const ended = await run(['apply', '--document', file, '--yes', ...keys], scenario.folder, env).ended
    expect(ended.code, ended.stdout + ended.stderr).toBe(0)
    expect(ended.stdout + ended.stderr).not.toContain(password)
  })

  it('a host whose key is unknown, and one whose key has changed, are told apart, a line each', async () => {
    const [first = '', ...rest] = readFileSync(scenario.lab.knownHosts, 'utf8').trimEnd().split('\n')
    const second = rest.find(line => !line.startsWith(scenario.host(0).ip)) ?? ''
    const known = join(scenario.folder, 'known_hosts')
    // host-1 has the key of host-2, host-2 has none
    writeFileSync(known, `${first.split(' ')[0]} ${second.split(' ').slice(1).join(' ')}\n`)
    const file = scenario.write(document())
    const keys = ['--known-hosts', known, '--identity', scenario.lab.identityFile]
    const ended = await run(['diff', '--document', file, ...keys], scenario.folder).ended
    expect(ended.code).toBe(1)
    const said = (ended.stdout + ended.stderr).split('\n')
    expect(said.filter(l => l.includes('HOST_KEY_CHANGED') && l.includes('host-1'))).toHaveLength(1)
    expect(said.filter(l => l.includes('HOST_KEY_UNKNOWN') && l.includes('host-2'))).toHaveLength(1)
    // a changed key is not accepted even on request, an unknown one is
    const accepted = await run(
      ['diff', '--document', file, ...keys, '--accept-new-host-keys'],
      scenario.folder,
    ).ended
    expect(accepted.stdout + accepted.stderr).toContain('HOST_KEY_CHANGED')
    expect(accepted.stdout + accepted.stderr).not.toContain('HOST_KEY_UNKNOWN')
  })

  it('a host that cannot be reached stops everything, unless it is asked to be skipped', async () => {
    const state = document()
    state.containerInstances = {
      ...state.containerInstances,
      gone: { address: `ssh://root@${scenario.host(0).ip}:2` },
    }
    expect(await refused(state)).toMatch(/HOST_UNREACHABLE.*gone|gone.*HOST_UNREACHABLE/)
    const skipped = await scenario.stowage('diff', state, '--on-unreachable', 'skip')
    expect(skipped.code, skipped.stderr).toBe(0)
    expect(skipped.stdout + skipped.stderr).toContain('gone')
  })

  it('a host without Docker is told from one whose Docker does not answer', async () => {
    const state = document()
    const address = `ssh://root@${scenario.host(1).ip}/run/nothing.sock`
    state.containerInstances = { ...state.containerInstances, 'host-2': { address } }
    expect(await refused(state)).toContain('DOCKER_MISSING')
    await scenario.host(1).stopDockerd()
    try {
      const ended = await scenario.stowage('diff', document())
      expect(ended.code).toBe(1)
      expect(ended.stdout + ended.stderr).toMatch(/DOCKER_(NOT_RUNNING|MISSING)/)
    } finally {
      await scenario.host(1).startDockerd()
    }
  })

  it('a placement that cannot be met names the service, the number and what each filter refused', async () => {
    const state = document({
      taskDefinitions: {
        web: webTask(scenario.lab.registry.image('web:1'), { container: { memory: 900_000 } }),
      },
    })
    const said = await refused(state)
    expect(said).toContain('PLACEMENT_FAILED')
    expect(said).toMatch(/web.*2 lack memory \(need 900000 MiB\)/)
  })

  it('a host port that a foreign container has is told in the plan', async () => {
    const image = scenario.lab.registry.image('sleep:1')
    for (const host of scenario.hosts)
      await host.docker('run', '-d', '--name', 'foreign', '-p', '8099:80', image)
    const container = { portMappings: [{ containerPort: 80, hostPort: 8099 }] }
    const state = document({
      taskDefinitions: { web: webTask(scenario.lab.registry.image('web:1'), { container }) },
    })
    expect(await refused(state)).toMatch(/port 8099\/tcp taken/)
    for (const host of scenario.hosts) await host.docker('rm', '-f', 'foreign')
  })

  it('a task that dies at start is told with its exit code and its last lines', async () => {
    const state = document({
      taskDefinitions: {
        web: {
          containerDefinitions: [{ name: 'web', image: scenario.lab.registry.image('crash:1'), memory: 16 }],
        },
      },
    })
    const ended = await scenario.stowage('apply', state, '--yes', '--timeout', '60')
    const said = ended.stdout + ended.stderr
    expect(ended.code, said).toBe(1)
    expect(said).toContain('DEPLOYMENT_FAILED')
    expect(said).toMatch(/exit(ed)? (code )?3/)
    expect(said).toMatch(/^\s*\| /m)
  })

  it('a task that memory kills is told as that', async () => {
    const state = document({
      taskDefinitions: {
        web: {
          containerDefinitions: [{ name: 'web', image: scenario.lab.registry.image('oom:1'), memory: 16 }],
        },
      },
    })
    const ended = await scenario.stowage('apply', state, '--yes', '--timeout', '60')
    expect(ended.code).toBe(1)
    expect(ended.stdout + ended.stderr).toMatch(/memory/i)
  })

  it('the old tasks ran on through all of this', async () => {
    const web = (await scenario.containers()).filter(c => c.state === 'running' && c.health === 'healthy')
    expect(web.length).toBeGreaterThanOrEqual(2)
  })

  it('without a terminal and without --yes nothing is applied', async () => {
    const ended = await scenario.stowage('apply', document())
    expect(ended.code).toBe(1)
    expect(ended.stderr + ended.stdout).toContain('CONFIRMATION_NEEDED')
  })

  it('a credential helper that fails does not print what it was told', async () => {
    const helper = join(scenario.folder, 'docker-credential-lab')
    writeFileSync(helper, '#!/bin/sh\necho "very-secret" >&2\nexit 1\n')
    chmodSync(helper, 0o755)
    const { address } = scenario.lab.registry.private
    writeFileSync(join(scenario.folder, 'config.json'), JSON.stringify({ credHelpers: { [address]: 'lab' } }))
    const file = scenario.write(withImage(`${address}/lab/web:1`))
    const keys = ['--known-hosts', scenario.lab.knownHosts, '--identity', scenario.lab.identityFile]
    const env = { DOCKER_CONFIG: scenario.folder, PATH: `${scenario.folder}:${process.env.PATH}` }
    const ended = await run(['diff', '--document', file, ...keys], scenario.folder, env).ended
    expect(ended.code).toBe(1)
    expect(ended.stdout + ended.stderr).not.toContain('very-secret')
  })
})
