import { createRequire } from 'node:module'
import yargs, { type Argv } from 'yargs'
import { StowageError } from '../engine/errors.ts'
import {
  applyFlags,
  type CommonFlags,
  clusterFlags,
  commonFlags,
  drainFlags,
  hostFlags,
  instanceFlags,
  WAIT,
  YES,
} from './flags.ts'
import { reportError } from './report-error.ts'
import { readSettings, type Settings } from './settings.ts'
import type { Terminal } from './terminal.ts'

type Command<Flags> = (terminal: Terminal, settings: Settings, flags: Flags) => Promise<number>

/**
 * Runs one command line; resolves to the exit code. Each command is loaded only when it is called, so that none
 * but those that speak to a host load what is needed for it.
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0
  /** Calls a command with its settings once its module is there. */
  const call =
    <Flags>(load: () => Promise<{ readonly run: Command<Flags> }>) =>
    async (flags: NoInfer<Flags> & CommonFlags): Promise<void> => {
      const { run } = await load()
      exitCode = await run(terminal, await readSettings(terminal.cwd, flags), flags)
    }
  const ours = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  const json = ours.includes('--json') || ours.includes('--json=true')
  try {
    await commandLine(args, terminal, call).parseAsync()
    return exitCode
  } catch (error) {
    reportError(error, terminal, json)
    return error instanceof StowageError && error.code === 'INTERRUPTED' ? 130 : 1
  }
}

type Call = <Flags>(
  load: () => Promise<{ readonly run: Command<Flags> }>,
) => (flags: NoInfer<Flags> & CommonFlags) => Promise<void>

function commandLine(args: readonly string[], terminal: Terminal, call: Call): Argv {
  return (
    yargs([...args], terminal.cwd)
      .scriptName('stowage')
      .usage('$0 COMMAND\n\nClusters, task definitions and services on your own Docker hosts.')
      .command(
        'synth',
        "Run the app and write each cluster's desired-state document",
        y =>
          commonFlags(y).option('check', {
            type: 'boolean',
            default: false,
            describe: 'Write nothing; fail where a document is not what the app gives',
          }),
        call(() => import('./commands/synth.ts')),
      )
      .command(
        'validate',
        'Check the documents; contacts nothing',
        y => clusterFlags(y),
        call(() => import('./commands/validate.ts')),
      )
      .command(
        'diff',
        'Show what apply would change, and why; changes nothing',
        y =>
          hostFlags(y)
            .option('exit-code', {
              type: 'boolean',
              default: false,
              describe: 'Exit with 2 where there are changes, 0 where there are none',
            })
            .option('waves', WAVES)
            .option('synth', SYNTH)
            .option('save', {
              type: 'string',
              requiresArg: true,
              describe: 'Also write the plan into this file, for stowage apply FILE',
            }),
        call(() => import('./commands/diff.ts')),
      )
      .command(
        'apply [plan]',
        'Make it so: show the plan, ask, change the hosts, wait until the services are steady',
        y =>
          applyFlags(y)
            .positional('plan', { type: 'string', describe: 'A plan of diff --save: just that, unasked' })
            .option('rollback', {
              choices: ['deployment', 'service'] as const,
              default: 'deployment' as const,
              describe:
                'What goes back where a service fails whose circuit breaker says so: all, or it alone',
            })
            .option('wait', WAIT)
            .option('waves', WAVES)
            .option('synth', SYNTH),
        call(() => import('./commands/apply.ts')),
      )
      .command(
        'destroy',
        'Remove all that the cluster owns on its hosts; volumes that hold data only with --volumes',
        y =>
          applyFlags(y).option('volumes', {
            type: 'boolean',
            default: false,
            describe: 'Remove the shared volumes, with their data',
          }),
        call(() => import('./commands/destroy.ts')),
      )
      .command(
        'ps',
        'List the tasks: where, since when, health, revision, ports',
        y => hostFlags(y),
        call(() => import('./commands/ps.ts')),
      )
      .command(
        'logs <task>',
        'Print the logs of a service (web), a task (web.5) or one of its containers',
        y =>
          hostFlags(y)
            .positional('task', { type: 'string', demandOption: true, describe: 'web, or web.5' })
            .option('container', CONTAINER)
            .option('follow', {
              alias: 'f',
              type: 'boolean',
              default: false,
              describe: 'Go on, also with tasks that are started later',
            })
            .option('tail', {
              type: 'number',
              default: 100,
              describe: 'Lines of each container to begin with',
            })
            .option('timestamps', { alias: 't', type: 'boolean', default: false, describe: 'Print times' })
            .check(({ tail }) => (Number.isInteger(tail) && tail >= 0) || '--tail takes a number of lines'),
        call(() => import('./commands/logs.ts')),
      )
      .command(
        'exec <task> [command..]',
        'Run a command in a container of a service with enableExecuteCommand: stowage exec web.5 -- sh',
        y =>
          hostFlags(y)
            .positional('task', { type: 'string', demandOption: true, describe: 'web, or web.5' })
            .positional('command', { type: 'string', array: true, describe: 'After --' })
            .option('container', CONTAINER)
            .option('interactive', {
              alias: 'i',
              type: 'boolean',
              describe: 'With a terminal; --no-interactive without [where there is one]',
            }),
        call(() => import('./commands/exec.ts')),
      )
      .command(
        'drain <name>',
        'Empty a container instance: its replicas move within the percentages, its daemons stop last',
        y => drainFlags(y),
        call(() => import('./commands/drain.ts')),
      )
      .command(
        'activate <name>',
        'Take back drain',
        y => drainFlags(y),
        call(() => import('./commands/activate.ts')),
      )
      .command('instance', 'Say that a container instance is gone for good, or that it is not', y =>
        y
          .command(
            'lost <name>',
            'It does not answer and is gone for good: the next apply starts its tasks elsewhere',
            z =>
              instanceFlags(z).option('yes', YES).option('local-data', {
                type: 'boolean',
                default: false,
                describe: 'Also tasks whose data was on it alone: they start anew without',
              }),
            call(() => import('./commands/instance-lost.ts')),
          )
          .command(
            'found <name>',
            'Take back lost',
            z => instanceFlags(z),
            call(() => import('./commands/instance-found.ts')),
          )
          .demandCommand(1, 'Say lost or found.'),
      )
      .command(
        'history [deployment]',
        'List the deployments; of one, how it went and what was another in its document',
        y => hostFlags(y).positional('deployment', DEPLOYMENT),
        call(() => import('./commands/history.ts')),
      )
      .command(
        'rollback [deployment]',
        'Go back to an earlier deployment that COMPLETED, by digest [the last one before what was applied last]',
        y => applyFlags(y).positional('deployment', DEPLOYMENT).option('wait', WAIT).option('waves', WAVES),
        call(() => import('./commands/rollback.ts')),
      )
      .command(
        'unlock',
        "Show who has the hosts' locks, and remove them; one whose heartbeat moves only with --force",
        y =>
          hostFlags(y).option('yes', YES).option('force', {
            type: 'boolean',
            default: false,
            describe: 'Also where somebody works there',
          }),
        call(() => import('./commands/unlock.ts')),
      )
      .command('import', 'Bring what runs on ECS: stowage import task-definition FILE', y =>
        y
          .command(
            'task-definition <files..>',
            'Write TypeScript, or a document, from the JSON of task definitions',
            importFlags,
            call(() => import('./commands/import-task-definition.ts')),
          )
          .demandCommand(1, 'Name what is to be imported: task-definition.'),
      )
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
      .fail((message: string | null, error) => {
        throw message === null ? error : new StowageError('USAGE_INVALID', message)
      })
  )
}

const DEPLOYMENT = { type: 'string', describe: 'Its id, or a beginning or an end of it' } as const
const WAVES = {
  alias: 'v',
  type: 'boolean',
  default: false,
  describe: 'Print every step of every wave',
} as const
const SYNTH = { type: 'boolean', default: false, describe: 'Run synth first' } as const

const CONTAINER = {
  type: 'string',
  requiresArg: true,
  describe: 'The container, where the task has several',
} as const

function importFlags<T>(y: Argv<T>) {
  return y
    .positional('files', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'JSON files; /dev/stdin',
    })
    .option('format', {
      choices: ['ts', 'json'] as const,
      default: 'ts' as const,
      describe: 'TypeScript with constructs, or a desired-state document',
    })
    .option('lenient', {
      type: 'boolean',
      default: false,
      describe: 'Take nulls, numbers as texts and what describe-task-definition prints for what is meant',
    })
    .option('ignore-unsupported', {
      type: 'string',
      requiresArg: true,
      describe: 'Leave these out, with commas between: taskRoleArn,secrets:aws',
    })
    .option('cluster', {
      type: 'string',
      requiresArg: true,
      describe: 'The cluster that the document is of [prod]',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
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
