import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Encrypter, generateIdentity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspectAll, keptTexts, placesOf } from './planted.ts'
import { type Container, hasLab, Scenario, until } from './support.ts'

const PLANTED = 'planted-9b02-value'
const ROTATED = 'planted-d41c-other'
const SEALED = 'planted-51ab-sealed'
const TAG = 'planted-77e0-tag'
const OTHER_TAG = 'planted-e3f6-tag'

describe.runIf(hasLab)('secrets on a real engine', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 1 })
    identity = await generateIdentity()
    scenario.env = environment()
    const encrypter = new Encrypter()
    encrypter.addRecipient(await identityToRecipient(identity))
    writeFileSync(
      join(scenario.folder, 'prod.json.age'),
      await encrypter.encrypt(JSON.stringify({ sealed: SEALED })),
    )
    put('tag.txt', `${TAG}\n`)
    const { user, password } = scenario.lab.registry.private
    put('key.txt', PLANTED)
    put('app.env', '# of the app\nMODE=fast\nDB=from-the-file\n')
    put('login.json', JSON.stringify({ username: user, password }))
    printed.push(...(await scenario.apply(document())).map(e => JSON.stringify(e)))
  })
  afterAll(() => scenario.end())

  let identity: string
  const environment = () => ({ DB: 'by-environment', STOWAGE_AGE_KEY: identity })
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
                { name: 'SEALED', valueFrom: 'age:prod.json.age#sealed' },
                { name: 'key', valueFrom: 'exec:cat key.txt', deliverAs: 'file' },
              ],
              environmentFiles: [{ value: 'app.env' }],
              logConfiguration: {
                logDriver: 'gelf',
                options: { 'gelf-address': 'udp://127.0.0.1:12201' },
                secretOptions: [{ name: 'tag', valueFrom: 'file:tag.txt' }],
              },
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
  const inspect = () => inspectAll(scenario.host(0))

  it('are where the container looks for them, for a user that is not root', async () => {
    const { id } = await task()
    expect(await keyOf(id)).toBe(PLANTED)
    expect(await docker('exec', id, 'env')).toMatch(/^DB=by-environment$/m)
    expect(await docker('exec', id, 'env')).toMatch(/^MODE=fast$/m)
    expect(await docker('exec', id, 'env')).toMatch(new RegExp(`^SEALED=${SEALED}$`, 'm'))
  })

  it('are in what Docker shows only where they were delivered to, as files nowhere', async () => {
    const shown = await inspect()
    const { name, id } = await task()
    expect(placesOf('by-environment', shown)).toEqual([`${name} Config.Env`])
    expect(placesOf(SEALED, shown)).toEqual([`${name} Config.Env`])
    expect(placesOf(TAG, shown)).toEqual([`${name} HostConfig.LogConfig.Config.tag`])
    expect(placesOf(PLANTED, shown)).toEqual([])
    for (const value of [identity, scenario.lab.registry.private.password])
      expect(placesOf(value, shown)).toEqual([])
    for (const value of [PLANTED, SEALED, TAG]) expect(await docker('logs', id)).not.toContain(value)
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
    expect(diff.stdout + diff.stderr).toMatch(/age:prod\.json\.age#sealed cannot be decrypted without a key/)
    const apply = await scenario.stowage('apply', document(), '--yes', '--json')
    scenario.env = environment()
    expect(apply.code).toBe(1)
    expect(apply.stdout).toContain('SECRET_UNAVAILABLE')
    printed.push(diff.stdout, diff.stderr, apply.stdout, apply.stderr)
    expect((await task()).id).toBe(id)
  })

  it('that were rotated replace the task, and leave nothing of the old value behind', async () => {
    const { id, revision } = await task()
    put('key.txt', ROTATED)
    put('tag.txt', OTHER_TAG)
    const diff = await scenario.stowage('diff', document(), '--exit-code', '--save', 'saved.json')
    printed.push(readFileSync(join(scenario.folder, 'saved.json'), 'utf8'))
    expect(diff.code).toBe(2)
    expect(diff.stdout).toContain('secret key was rotated, secret log option tag was rotated')
    printed.push(diff.stdout, diff.stderr, ...(await scenario.apply(document())).map(e => JSON.stringify(e)))
    const after = await task()
    expect(after.id).not.toBe(id)
    expect(after.revision).toBe(revision)
    expect(await keyOf(after.id)).toBe(ROTATED)
    expect((await docker('volume', 'ls', '-q', '--filter', 'label=stowage.task')).split('\n')).toHaveLength(1)
    const shown = await inspect()
    expect(placesOf(OTHER_TAG, shown)).toEqual([`${after.name} HostConfig.LogConfig.Config.tag`])
    for (const gone of [PLANTED, TAG, ROTATED]) expect(placesOf(gone, shown)).toEqual([])
    expect(await scenario.diff(document())).toMatchObject({ code: 0 })
  })

  it('an environment file that was changed replaces the task', async () => {
    put('app.env', 'MODE=slow\n')
    const diff = await scenario.diff(document())
    expect(diff.stdout).toContain('environment file app.env was changed')
    await scenario.apply(document())
    expect(await docker('exec', (await task()).id, 'env')).toMatch(/^MODE=slow$/m)
  })

  it('are in nothing that was printed or kept, nor is the login', async () => {
    const written = readFileSync(join(scenario.folder, 'prod.json'), 'utf8')
    const kept = (await keptTexts(scenario.host(0))).join('\n')
    // the ledger has the documents, with their sources
    expect(kept).toContain('age:prod.json.age#sealed')
    const all = [...printed, written, kept].join('\n')
    expect(all.length).toBeGreaterThan(1000)
    const { password } = scenario.lab.registry.private
    for (const value of [PLANTED, ROTATED, SEALED, TAG, OTHER_TAG, 'by-environment', password, identity])
      expect(all).not.toContain(value)
  })

  it('go with their cluster', async () => {
    await scenario.stowage('destroy', document(), '--yes')
    expect(await docker('volume', 'ls', '-q')).toBe('')
    for (const value of [SEALED, OTHER_TAG, 'by-environment'])
      expect(placesOf(value, await inspect())).toEqual([])
  })
})
