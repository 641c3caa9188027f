import type { Argv } from 'yargs'

/** The flags of every command. */
export interface CommonFlags {
  readonly config?: string
  readonly app?: string
  readonly out?: string
  readonly json: boolean
  readonly cluster?: string
  readonly document?: string
  readonly acceptNewHostKeys?: boolean
  readonly sshConfig?: string
  readonly identity?: readonly string[]
  readonly knownHosts?: readonly string[]
  readonly onUnreachable?: 'fail' | 'skip'
}

export const JSON_FLAG = { type: 'boolean', default: false, describe: 'Print JSON' } as const

export function commonFlags<T>(y: Argv<T>) {
  return y
    .option('config', {
      type: 'string',
      requiresArg: true,
      describe: 'The configuration file [stowage.config.json]',
    })
    .option('app', {
      type: 'string',
      requiresArg: true,
      describe: 'The app: a .ts or .js file, or a command',
    })
    .option('out', {
      type: 'string',
      requiresArg: true,
      describe: 'The folder of the documents [stowage.out]',
    })
    .option('json', JSON_FLAG)
}

/** The flags of a command that takes a document. */
export function clusterFlags<T>(y: Argv<T>) {
  return commonFlags(y)
    .option('cluster', {
      type: 'string',
      requiresArg: true,
      describe: 'The cluster, where there are several documents',
    })
    .option('document', {
      type: 'string',
      requiresArg: true,
      describe: 'Take this document; no app is needed',
    })
    .conflicts('document', 'cluster')
}

/** The flags of a command that speaks to hosts. `onUnreachable`: what it does where nothing is said. */
export function hostFlags<T>(y: Argv<T>, onUnreachable: 'fail' | 'skip') {
  return clusterFlags(y)
    .option('accept-new-host-keys', {
      type: 'boolean',
      describe: 'Add the keys of unknown hosts to known_hosts; never a changed one',
    })
    .option('ssh-config', { type: 'string', requiresArg: true, describe: 'Instead of ~/.ssh/config' })
    .option('identity', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'A private key to offer first; may be repeated',
    })
    .option('known-hosts', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Instead of ~/.ssh/known_hosts; may be repeated',
    })
    .option('on-unreachable', {
      choices: ['fail', 'skip'] as const,
      describe: `What to do where a host does not answer [${onUnreachable}]`,
    })
}

export const LOCK_WAIT = {
  type: 'number',
  default: 120,
  describe: "Seconds to wait for another's lock",
} as const

export const YES = { alias: 'y', type: 'boolean', default: false, describe: 'Do not ask' } as const

export const WAVES = {
  alias: 'v',
  type: 'boolean',
  default: false,
  describe: 'Print every step of every wave',
} as const

export const WAIT = {
  type: 'boolean',
  default: true,
  describe: 'Wait until the services are steady; --no-wait does not',
} as const

/** The flags of a command that changes hosts. */
export function applyFlags<T>(y: Argv<T>) {
  return hostFlags(y, 'fail')
    .option('yes', YES)
    .option('timeout', {
      type: 'number',
      default: 600,
      describe: 'Seconds without a step after which it is given up',
    })
    .option('lock-wait', LOCK_WAIT)
    .check(
      ({ timeout, lockWait }) =>
        (timeout >= 0 && Number(lockWait) >= 0) || '--timeout and --lock-wait take a number of seconds',
    )
}
