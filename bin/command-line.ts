import { createRequire } from 'node:module'
import yargs, { type Argv } from 'yargs'
import { closest } from '../engine/desired-state/closest.ts'
import { StowageError } from '../engine/errors.ts'
import type { Call } from './command-line/call.ts'
import { deploymentCommands } from './command-line/deployments.ts'
import { documentCommands } from './command-line/documents.ts'
import { instanceCommands } from './command-line/instances.ts'
import { taskCommands } from './command-line/tasks.ts'
import type { Terminal } from './terminal.ts'

/** All commands with their flags. What is wrong with the line is thrown as USAGE_INVALID. */
export function commandLine(args: readonly string[], terminal: Terminal, call: Call): Argv {
  const groups = [documentCommands, deploymentCommands, taskCommands, instanceCommands]
  const named = yargs([...args], terminal.cwd)
    .scriptName('stowage')
    .usage('$0 COMMAND\n\nClusters, task definitions and services on your own Docker hosts.')
  return (
    groups
      .reduce((y, add) => add(y, call), named)
      .completion('completion', 'Print a completion script for the shell')
      .parserConfiguration({ 'greedy-arrays': false, 'populate--': true })
      .check(flags => givenTwice(flags) ?? true, true)
      .demandCommand(1, 'Name a command.')
      .strict()
      .recommendCommands()
      .version(version())
      .alias('h', 'help')
      .epilogue(
        'stowage COMMAND --help shows its flags. Exit codes: 0 done, 1 an error, 2 changes (diff --exit-code), 130 interrupted.',
      )
      .locale('en')
      .wrap(Math.min(terminal.stdout.columns, 110))
      .exitProcess(false)
      // what a command throws comes without a message of yargs's own
      .fail((message: string | null, error, y) => {
        throw message === null ? error : usageError(message, y, args)
      })
  )
}

/** What is missing, in our words: those of yargs are of its own terms. */
function usageError(message: string, y: Argv, args: readonly string[]): StowageError {
  if (message.startsWith('Not enough non-option arguments')) {
    const usage = usageOf(y)
    const missing = /<([^.>]+)(\.\.)?>/.exec(usage)?.[1]
    const what = missing === undefined ? 'something is missing' : `${missing.toUpperCase()} is missing`
    return new StowageError('USAGE_INVALID', `${what}: ${usage}`, {
      next: `${bare(usage)} --help shows what it takes.`,
    })
  }
  const [, flag] = /^Not enough arguments following: (.+)$/.exec(message) ?? []
  if (flag !== undefined) return new StowageError('USAGE_INVALID', `--${flag} is followed by no value`)
  const [, unknown] = /^Unknown arguments?: ([^,]+)/.exec(message) ?? []
  if (unknown !== undefined) return new StowageError('USAGE_INVALID', unknownText(unknown, y, args))
  const [, meant] = /^Did you mean (.+)\?$/.exec(message) ?? []
  const words = args.filter(arg => !arg.startsWith('-'))
  const given = words.find(w => meant !== undefined && closest(w, [meant]) !== undefined) ?? words[0] ?? ''
  if (meant !== undefined)
    return new StowageError('USAGE_INVALID', `there is no command ${given}; did you mean ${meant}?`)
  return new StowageError('USAGE_INVALID', message)
}

/** A flag as it was written, with the one of the command that was probably meant; or a word too many. */
function unknownText(name: string, y: Argv, args: readonly string[]): string {
  const flag = args.find(arg => arg.replace(/^--?(?:no-)?/, '').split('=')[0] === name && arg.startsWith('-'))
  if (flag === undefined)
    return usageOf(y).endsWith(' COMMAND') ? `there is no command ${name}` : `${name} is one word too many`
  const known = [...helpOf(y).matchAll(/--([a-z][a-z-]+)/g)].map(([, found = '']) => found)
  const meant = closest(name, new Set(known))
  return `there is no flag ${flag.split('=')[0]}${meant === undefined ? '' : `; did you mean --${meant}?`}`
}

/** `stowage logs <task>`: the first line of the help. */
function usageOf(y: Argv): string {
  return helpOf(y).split('\n')[0] ?? ''
}

/** yargs gives it as a text where it is called in fail(), which its types do not say. */
function helpOf(y: Argv): string {
  const help: unknown = y.help()
  return typeof help === 'string' ? help : ''
}

function bare(usage: string): string {
  return usage.replace(/ [<[].*$/, '')
}

/** yargs makes a list of a flag that is there twice; only some may be. */
function givenTwice(flags: Readonly<Record<string, unknown>>): string | undefined {
  const twice = Object.keys(flags).find(f => Array.isArray(flags[f]) && !MAY_BE_REPEATED.has(f))
  return twice === undefined ? undefined : `--${twice} is given twice`
}

const MAY_BE_REPEATED: ReadonlySet<string> = new Set([
  'files',
  'identity',
  'known-hosts',
  'knownHosts',
  // what is no flag
  '_',
  '--',
  'command',
])

function version(): string {
  const about: unknown = createRequire(import.meta.url)('stowage/package.json')
  return typeof about === 'object' && about !== null && 'version' in about ? String(about.version) : ''
}
