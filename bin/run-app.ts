import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { problem, StowageError } from '../engine/errors.ts'
import type { AppSetting } from './settings.ts'

/** What the app's process is to be. */
export interface AppCommand {
  readonly command: string
  readonly args: readonly string[]
  /** A command line of the person's own, run as npm runs scripts. */
  readonly shell: boolean
}

/** Enough of what an app says before it fails. */
const TAIL_LINES = 30
const MOST_KEPT = 200_000

/**
 * Runs the app, which writes its documents into `out`. What it prints goes to `say`.
 * @throws SYNTH_INVALID, APP_FAILED
 */
export async function runApp(
  setting: AppSetting,
  out: string,
  env: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Promise<void> {
  const { command, args, shell } = appCommand(setting)
  const path = [join(setting.folder, 'node_modules', '.bin'), env['PATH']].join(delimiter)
  const child = spawn(command, args, {
    cwd: setting.folder,
    env: { ...env, PATH: path, STOWAGE_OUT: out },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell,
  })
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', say)
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-MOST_KEPT)
  })
  const ended = await new Promise<number | string>((done, fail) => {
    child.once('error', cause =>
      fail(new StowageError('APP_FAILED', `${setting.app} cannot be run: ${cause.message}`, { cause })),
    )
    child.once('close', (code, signal) => done(code ?? signal ?? 1))
  })
  if (ended !== 0) throw appFailed(setting.app, ended, errors)
  if (errors !== '') say(errors)
}

/** A file is run by Node itself, TypeScript with the loader that stowage brings along; all else is a command line. */
export function appCommand({ app, folder }: AppSetting): AppCommand {
  const file = resolve(folder, app)
  const isScript = /\.[cm]?[jt]s$/.test(app)
  if (isScript && existsSync(file)) {
    const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
    return { command: process.execPath, args: ['--import', loader, file], shell: false }
  }
  if (isScript && !/\s/.test(app)) throw new StowageError('APP_FAILED', `there is no file ${file}`)
  return { command: app, args: [], shell: true }
}

/** Why an app ended: the errors of its constructs where it says them, else the last of what it printed. */
export function appFailed(app: string, ended: number | string, stderr: string): StowageError {
  const synth = /SynthError \[SYNTH_INVALID\]: (.*)\n((?:  .*\n)+?)(?: {4}at |\n|$)/.exec(`${stderr}\n`)
  if (synth) {
    const [, summary = '', lines = ''] = synth
    const problems = lines
      .split('\n')
      .filter(line => line.trim() !== '')
      .map(line => problem('SYNTH_INVALID', line.trim()))
    return new StowageError('SYNTH_INVALID', `${summary} in ${app}; nothing was written`, { problems })
  }
  const how = typeof ended === 'number' ? `exit code ${ended}` : ended
  const tail = stderr.trimEnd().split('\n').slice(-TAIL_LINES)
  return new StowageError('APP_FAILED', [`${app} ended with ${how}`, ...tail].join('\n').trimEnd())
}
