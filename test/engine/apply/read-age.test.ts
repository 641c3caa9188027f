import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  armor,
  Encrypter,
  generateHybridIdentity,
  generateIdentity,
  identityToRecipient,
} from 'age-encryption'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSource } from '../../../engine/apply/read-source.ts'

const PLANTED = 'planted-77aa-value'
const FILE = JSON.stringify({ db: PLANTED, port: 5432 })
let folder: string
let identity: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stowage-age-'))
  identity = await generateIdentity()
  put('keys.txt', `# created: today\n# public key: ${await identityToRecipient(identity)}\n${identity}\n`)
  put('prod.json.age', await encrypted(FILE))
  put('armored.age', armor.encode(await encrypted(FILE)))
  put('prod.env.age', await encrypted(`DB=${PLANTED}\n`))
  put('bytes.age', await encrypted(Buffer.from([0, 255, 10])))
  put('plain.age', FILE)
  const other = await generateIdentity()
  put('other.age', await encrypted(FILE, other))
  put('hybrid.txt', await generateHybridIdentity())
  const whole = await encrypted(FILE)
  put('cut.age', whole.subarray(0, -1))
  put('torn.age', `${armor.encode(whole).slice(0, 200)}*`)
  const passphrase = new Encrypter()
  passphrase.setPassphrase('hunter2')
  passphrase.setScryptWorkFactor(2)
  put('passphrase.age', await passphrase.encrypt(FILE))
})
afterAll(() => rmSync(folder, { recursive: true }))

const put = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content)

async function encrypted(content: string | Uint8Array, to = identity): Promise<Uint8Array> {
  const encrypter = new Encrypter()
  encrypter.addRecipient(await identityToRecipient(to))
  return await encrypter.encrypt(content)
}

async function read(
  source: string,
  env: NodeJS.ProcessEnv = { STOWAGE_AGE_KEY: identity },
  ageKeyFile?: string,
) {
  const answer = await readSource(source, { folder, env, ...(ageKeyFile && { ageKeyFile }) })
  return 'value' in answer ? answer.value.toString('latin1') : answer
}

describe('an age-encrypted file', () => {
  it.each([
    ['age:prod.json.age#db', PLANTED],
    ['age:prod.json.age#port', '5432'],
    ['age:prod.json.age', FILE],
    ['age:armored.age#db', PLANTED],
    ['age:prod.env.age#DB', PLANTED],
    ['age:bytes.age', '\0\xff\n'],
  ])('%s is read', async (source, value) => {
    expect(await read(source)).toBe(value)
  })

  it('is decrypted with the first key that is set', async () => {
    const file = join(folder, 'keys.txt')
    const wrong = join(folder, 'hybrid.txt')
    expect(await read('age:prod.json.age#db', { STOWAGE_AGE_KEY_FILE: file }, wrong)).toBe(PLANTED)
    expect(await read('age:prod.json.age#db', { STOWAGE_AGE_KEY: '', STOWAGE_AGE_KEY_FILE: '' }, file)).toBe(
      PLANTED,
    )
    expect(
      await read('age:prod.json.age#db', { STOWAGE_AGE_KEY: identity, STOWAGE_AGE_KEY_FILE: wrong }),
    ).toBe(PLANTED)
    expect(await read('age:prod.json.age#db', { STOWAGE_AGE_KEY_FILE: wrong }, file)).toEqual({
      refusal: `is encrypted to other recipients than the identities of ${wrong}`,
    })
  })

  it('is decrypted by any of several keys', async () => {
    const keys = `${await generateHybridIdentity()}\n${identity}`
    expect(await read('age:prod.json.age#db', { STOWAGE_AGE_KEY: keys })).toBe(PLANTED)
  })

  it.each([
    ['age:nowhere.age', 'cannot be read (ENOENT)'],
    ['age:plain.age', 'is not encrypted with age'],
    ['age:cut.age', 'is damaged: it cannot be decrypted'],
    ['age:torn.age', 'is damaged: its armor cannot be read'],
    ['age:other.age#db', 'is encrypted to other recipients than the identities of STOWAGE_AGE_KEY'],
    ['age:passphrase.age', 'is encrypted with a passphrase'],
    ['age:prod.json.age#nothing', 'has no key "nothing"'],
  ])('%s is refused, and nothing of it told', async (source, words) => {
    expect(await read(source)).toEqual({ refusal: expect.stringContaining(words) })
    expect(JSON.stringify(await read(source))).not.toContain(PLANTED)
  })

  const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nplanted\n-----END OPENSSH PRIVATE KEY-----\n'
  it.each([
    [{}, 'set STOWAGE_AGE_KEY'],
    [{ STOWAGE_AGE_KEY_FILE: '/nowhere/keys.txt' }, 'the key file /nowhere/keys.txt cannot be read (ENOENT)'],
    [{ STOWAGE_AGE_KEY: '# planted' }, 'holds no age identity'],
    [{ STOWAGE_AGE_KEY: 'planted' }, 'lines that begin with AGE-SECRET-KEY-1'],
    [{ STOWAGE_AGE_KEY: 'AGE-SECRET-KEY-1PLANTED' }, 'an age identity that is damaged'],
    [{ STOWAGE_AGE_KEY: 'AGE-PLUGIN-YUBIKEY-1PLANTED' }, 'names a plugin of age'],
    [{ STOWAGE_AGE_KEY: KEY }, 'is an SSH key; exec:age --decrypt'],
    [{ STOWAGE_AGE_KEY: 'age-encryption.org/v1\n-> scrypt planted' }, 'is encrypted itself'],
  ])('with %o for a key is refused, and nothing of the key told', async (env, words) => {
    const answer = await read('age:prod.json.age#db', env)
    expect(answer).toEqual({ refusal: expect.stringContaining(words) })
    expect(JSON.stringify(answer).toLowerCase()).not.toContain('planted')
  })
})

/** Debian has the program: npm test installs it where there can be a lab. */
const hasAge = spawnSync('age', ['--version']).status === 0

describe.runIf(hasAge)('the age program', () => {
  it.each([[[]], [['--armor']]])('and its keys %j: what it encrypts is read', async flags => {
    const keys = join(folder, `program${flags.length}.txt`)
    const made = spawnSync('age-keygen', ['-o', keys], { encoding: 'utf8' })
    const recipient = /age1[a-z0-9]+/.exec(made.stderr)?.[0] ?? ''
    const file = join(folder, 'program.json.age')
    const ran = spawnSync('age', [...flags, '--recipient', recipient, '--output', file], { input: FILE })
    expect(ran.status).toBe(0)
    expect(await read('age:program.json.age#db', { STOWAGE_AGE_KEY_FILE: keys })).toBe(PLANTED)
  })

  it('reads what the library has encrypted', () => {
    const args = ['--decrypt', '--identity', join(folder, 'keys.txt'), join(folder, 'prod.json.age')]
    expect(spawnSync('age', args, { encoding: 'utf8' }).stdout).toBe(FILE)
  })
})
