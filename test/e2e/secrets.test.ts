import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Container, hasLab, Scenario, until } from './support.ts'

const PLANTED = 'planted-9b02-value'
const ROTATED = 'planted-d41c-other'

describe.runIf(hasLab)('secrets on a real engine', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 1 })
    scenario.env = { DB: 'by-environment' }
    const { user, password } = scenario.lab.registry.private
    put('key.txt', PLANTED)
    put('app.env', '# of the app\nMODE=fast\nDB=from-the-file\n')
    put('login.json', JSON.stringify({ username: user, password }))
    printed.push(...(await scenario.apply(document())).map(e => JSON.stringify(e)))
  })
  afterAll(() => scenario.end())

  /** All that any run has printed. */
  const printed: string[] = []
  const put = (name: string, text: string) => writeFileSync(join(scenario.folder, name), text)

  const document = () =>
    scenario.document({
      taskDefinitions: {
        app: {
          containerDefinitions: [
            {
              name: 'app',
              image: `${scenario.lab.registry.private.address}/lab/sleep:1`,
              memory: 16,
              stopTimeout: 2,
              user: '65534:65534',
              secrets: [
                { name: 'DB', valueFrom: 'env:DB' },
                { name: 'key', valueFrom: 'exec:cat key.txt', deliverAs: 'file' },
              ],
              environmentFiles: [{ value: 'app.env' }],
              repositoryCredentials: { credentialsParameter: 'file:login.json' },
            },
          ],
        },
      },
      services: {
        app: {
          taskDefinition: 'app',
          desiredCount: 1,
          deploymentConfiguration: { steadyAfterSeconds: 1 },
        },
      },
    })

  const task = async (): Promise<Container> => {
    const [only, ...more] = await scenario.containers()
    if (!only || more.length > 0) throw new Error('one container expected')
    return only
  }
  const docker = (...args: string[]) => scenario.host(0).docker(...args)
  const keyOf = (id: string) => docker('exec', id, 'cat', '/run/secrets/key')
  const inspect = async () => {
    const [containers, volumes, networks, images] = await Promise.all(
      [
        ['ps', '-aq'],
        ['volume', 'ls', '-q'],
        ['network', 'ls', '-q'],
        ['images', '-q'],
      ].map(async args => (await docker(...args)).split('\n').filter(id => id !== '')),
    )
    const all = [...(containers ?? []), ...(volumes ?? []), ...(networks ?? []), ...(images ?? [])]
    return await docker('inspect', ...all)
  }

  it('are where the container looks for them, for a user that is not root', async () => {
    const { id } = await task()
    expect(await keyOf(id)).toBe(PLANTED)
    expect(await docker('exec', id, 'env')).toMatch(/^DB=by-environment$/m)
    expect(await docker('exec', id, 'env')).toMatch(/^MODE=fast$/m)
  })

  it('as files are in no docker inspect, as variables they are', async () => {
    const shown = await inspect()
    expect(shown).toContain('DB=by-environment')
    expect(shown).not.toContain(PLANTED)
    expect(await docker('logs', (await task()).id)).not.toContain(PLANTED)
  })

  it('that are as they were change nothing', async () => {
    const diff = await scenario.diff(document())
    printed.push(diff.stdout, diff.stderr)
    expect(diff).toMatchObject({ code: 0 })
  })

  it('survive a crash and a reboot without anybody’s doing', async () => {
    const { id } = await task()
    const isBack = (started: string) =>
      until(
        () => docker('inspect', '-f', '{{.State.Running}} {{.State.StartedAt}}', id),
        seen => seen.startsWith('true') && seen !== started,
      )
    const state = () => docker('inspect', '-f', '{{.State.Running}} {{.State.StartedAt}}', id)
    const before = await state()
    // what kills the container may end with it before it is done
    await docker('exec', '-u', '0', id, 'sh', '-c', 'kill -TERM 1').catch(() => '')
    await isBack(before)
    expect(await keyOf(id)).toBe(PLANTED)
    const again = await state()
    await scenario.host(0).reboot()
    await isBack(again)
    expect(await keyOf(id)).toBe(PLANTED)
    expect(await scenario.diff(document())).toMatchObject({ code: 0 })
  })

  it('that cannot be read are told by diff, and stop an apply before anything is changed', async () => {
    const { id } = await task()
    scenario.env = {}
    const diff = await scenario.diff(document())
    expect(diff.code).toBe(0)
    expect(diff.stdout + diff.stderr).toContain('env:DB is not set')
    const apply = await scenario.stowage('apply', document(), '--yes', '--json')
    scenario.env = { DB: 'by-environment' }
    expect(apply.code).toBe(1)
    expect(apply.stdout).toContain('SECRET_UNAVAILABLE')
    printed.push(diff.stdout, diff.stderr, apply.stdout, apply.stderr)
    expect((await task()).id).toBe(id)
  })

  it('that were rotated replace the task, and leave nothing of the old value behind', async () => {
    const { id, revision } = await task()
    put('key.txt', ROTATED)
    const diff = await scenario.diff(document())
    expect(diff.code).toBe(2)
    expect(diff.stdout).toContain('secret key was rotated')
    printed.push(diff.stdout, diff.stderr, ...(await scenario.apply(document())).map(e => JSON.stringify(e)))
    const after = await task()
    expect(after.id).not.toBe(id)
    expect(after.revision).toBe(revision)
    expect(await keyOf(after.id)).toBe(ROTATED)
    expect((await docker('volume', 'ls', '-q')).split('\n')).toHaveLength(1)
    expect(await scenario.diff(document())).toMatchObject({ code: 0 })
  })

  it('an environment file that was changed replaces the task', async () => {
    put('app.env', 'MODE=slow\n')
    const diff = await scenario.diff(document())
    expect(diff.stdout).toContain('environment file app.env was changed')
    await scenario.apply(document())
    expect(await docker('exec', (await task()).id, 'env')).toMatch(/^MODE=slow$/m)
  })

  it('are in nothing that was printed, nor is the login', async () => {
    const all = printed.join('\n')
    expect(all.length).toBeGreaterThan(1000)
    const { password } = scenario.lab.registry.private
    for (const value of [PLANTED, ROTATED, 'by-environment', password]) expect(all).not.toContain(value)
  })

  it('go with their cluster', async () => {
    await scenario.stowage('destroy', document(), '--yes')
    expect(await docker('volume', 'ls', '-q')).toBe('')
    expect(await inspect()).not.toContain('by-environment')
  })
})
