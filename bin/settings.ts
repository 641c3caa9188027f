import { dirname, resolve } from 'node:path'
import { type Config, readConfig } from './config.ts'
import type { CommonFlags } from './flags.ts'

/** What a command goes by: its flags, then stowage.config.json, then the defaults. All paths are absolute. */
export interface Settings {
  readonly app?: AppSetting
  /** The folder of the documents. */
  readonly out: string
  readonly json: boolean
  readonly cluster?: string
  /** A document named by its path. */
  readonly document?: string
  readonly acceptNewHostKeys: boolean
  readonly sshConfig?: string
  readonly identity: readonly string[]
  readonly knownHosts: readonly string[]
  /** undefined: the command's own default. */
  readonly onUnreachable?: 'fail' | 'skip'
  readonly ageKeyFile?: string
}

export interface AppSetting {
  /** A file, or a command for the shell. */
  readonly app: string
  /** The folder that it runs in. */
  readonly folder: string
}

/** @throws CONFIG_INVALID */
export async function readSettings(cwd: string, flags: CommonFlags): Promise<Settings> {
  const file = resolve(cwd, flags.config ?? 'stowage.config.json')
  return mergeSettings(cwd, flags, dirname(file), await readConfig(file, flags.config !== undefined))
}

/** Flags are relative to the folder one is in, the configuration to the folder it lies in. */
export function mergeSettings(cwd: string, flags: CommonFlags, folder: string, config: Config): Settings {
  const app =
    flags.app === undefined ? config.app && { app: config.app, folder } : { app: flags.app, folder: cwd }
  const list = (given: readonly string[] | undefined, configured: readonly string[] | undefined) =>
    given ? given.map(f => resolve(cwd, f)) : (configured ?? []).map(f => resolve(folder, f))
  const sshConfig =
    flags.sshConfig === undefined
      ? config.sshConfig && resolve(folder, config.sshConfig)
      : resolve(cwd, flags.sshConfig)
  const onUnreachable = flags.onUnreachable ?? config.onUnreachable
  return {
    ...(app && { app }),
    out: flags.out === undefined ? resolve(folder, config.output ?? 'stowage.out') : resolve(cwd, flags.out),
    json: flags.json,
    ...(flags.cluster !== undefined && { cluster: flags.cluster }),
    ...(flags.document !== undefined && { document: resolve(cwd, flags.document) }),
    acceptNewHostKeys: flags.acceptNewHostKeys ?? config.acceptNewHostKeys ?? false,
    ...(sshConfig && { sshConfig }),
    identity: list(flags.identity, config.identity),
    knownHosts: list(flags.knownHosts, config.knownHosts),
    ...(onUnreachable && { onUnreachable }),
    ...(config.ageKeyFile && { ageKeyFile: resolve(folder, config.ageKeyFile) }),
  }
}
