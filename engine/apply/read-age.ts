import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SecretSource } from '../secrets/source.ts'
import { pickKey } from '../secrets/pick-key.ts'
import { codeOf, readWhole, type SourceAnswer } from './read-whole.ts'

const WITH_AGE = 'exec:age --decrypt --identity KEY FILE reads it where the age program is installed'
const ARMOR = '-----BEGIN AGE ENCRYPTED FILE-----'
const MAGIC = 'age-encryption.org/v1'

/** What an age-encrypted file is read with. */
export interface AgeOptions {
  /** The folder of the document, which paths are relative to. */
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  /** The file with the identities, where no variable names one. */
  readonly ageKeyFile?: string
}

/** Decrypts an age file with the identities of this machine, and picks a key of it where one is named. */
export async function readAge(
  { path, key }: SecretSource & { kind: 'age' },
  options: AgeOptions,
): Promise<SourceAnswer> {
  const read = await readWhole(resolve(options.folder, path))
  if ('refusal' in read) return read
  const identities = await readIdentities(options)
  if ('refusal' in identities) return identities
  const decrypted = await decrypt(read.value, identities)
  if ('refusal' in decrypted || key === undefined) return decrypted
  const picked = pickKey(path, decrypted.value.toString('utf8'), key)
  return 'refusal' in picked ? picked : { value: Buffer.from(picked.value) }
}

interface Identities {
  /** AGE-SECRET-KEY-… */
  readonly keys: readonly string[]
  /** Where they come from, for a person. */
  readonly from: string
}

type Refused = { readonly refusal: string }

/** The first that is set holds: STOWAGE_AGE_KEY, STOWAGE_AGE_KEY_FILE, ageKeyFile of stowage.config.json. */
async function readIdentities({ env, ageKeyFile }: AgeOptions): Promise<Identities | Refused> {
  const given = env['STOWAGE_AGE_KEY']
  if (given) return parseIdentities(given, 'STOWAGE_AGE_KEY')
  const file = env['STOWAGE_AGE_KEY_FILE'] || ageKeyFile
  if (!file)
    return {
      refusal:
        'cannot be decrypted without a key: set STOWAGE_AGE_KEY, or STOWAGE_AGE_KEY_FILE or ageKeyFile in stowage.config.json to the file that age-keygen wrote',
    }
  try {
    return parseIdentities(await readFile(file, 'utf8'), file)
  } catch (error) {
    return { refusal: `cannot be decrypted: the key file ${file} cannot be read (${codeOf(error)})` }
  }
}

/** What age-keygen writes: an identity a line, and comments. */
function parseIdentities(text: string, from: string): Identities | Refused {
  const lines = text.split(/\r?\n/).map(line => line.trim())
  const keys = lines.filter(line => line !== '' && !line.startsWith('#'))
  const no = (why: string) => ({ refusal: `cannot be decrypted: ${from} ${why}` })
  if (keys.length === 0) return no('holds no age identity')
  if (/^-----BEGIN .*PRIVATE KEY-----$/.test(keys[0] ?? '')) return no(`is an SSH key; ${WITH_AGE}`)
  if (keys[0] === ARMOR || keys[0] === MAGIC) return no(`is encrypted itself; ${WITH_AGE}`)
  if (keys.some(key => key.startsWith('AGE-PLUGIN-')))
    return no(`names a plugin of age, which is not run here; ${WITH_AGE}`)
  return keys.every(key => /^AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]+$/.test(key))
    ? { keys, from }
    : no('holds no age identity: it is to have lines that begin with AGE-SECRET-KEY-1')
}

async function decrypt(file: Buffer, { keys, from }: Identities): Promise<SourceAnswer> {
  // loaded only here: what names no such file does not pay for it
  const { armor, Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  try {
    for (const key of keys) decrypter.addIdentity(key)
  } catch {
    return { refusal: `cannot be decrypted: ${from} holds an age identity that is damaged` }
  }
  let binary: Uint8Array
  try {
    binary = isArmored(file) ? armor.decode(file.toString('latin1')) : file
  } catch {
    return { refusal: 'is damaged: its armor cannot be read' }
  }
  const [version, stanza = ''] = Buffer.from(binary).toString('latin1', 0, 200).split('\n')
  if (version !== MAGIC) return { refusal: 'is not encrypted with age' }
  if (stanza.startsWith('-> scrypt '))
    return {
      refusal: 'is encrypted with a passphrase, and nobody is there to type it; encrypt it to a recipient',
    }
  try {
    return { value: Buffer.from(await decrypter.decrypt(binary)) }
  } catch (error) {
    const isOther = error instanceof Error && error.message.startsWith('no identity matched')
    return {
      refusal: isOther
        ? `is encrypted to other recipients than the identities of ${from}`
        : 'is damaged: it cannot be decrypted',
    }
  }
}

function isArmored(file: Buffer): boolean {
  return file.toString('latin1', 0, 200).trimStart().startsWith(ARMOR)
}
