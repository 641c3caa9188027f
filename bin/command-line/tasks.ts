import type { Argv } from 'yargs'
import { hostFlags } from '../flags.ts'
import type { Call } from './call.ts'

const TASK = { type: 'string', demandOption: true, describe: 'web, or web.5' } as const
const CONTAINER = {
  type: 'string',
  requiresArg: true,
  describe: 'The container, where the task has several',
} as const

/** The commands that look at the tasks, and into them. */
export function taskCommands(y: Argv, call: Call): Argv {
  return y
    .command(
      'ps',
      'List the tasks: where, since when, health, revision, ports',
      z => hostFlags(z, 'skip'),
      call(() => import('../commands/ps.ts')),
    )
    .command(
      'logs <task>',
      'Print the logs of a service (web), a task (web.5) or one of its containers',
      z =>
        hostFlags(z, 'skip')
          .positional('task', TASK)
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
      call(() => import('../commands/logs.ts')),
    )
    .command(
      'exec <task> [command..]',
      'Run a command in a container of a service with enableExecuteCommand: stowage exec web.5 -- sh',
      z =>
        hostFlags(z, 'skip')
          .positional('task', TASK)
          .positional('command', { type: 'string', array: true, describe: 'After --' })
          .option('container', CONTAINER)
          .option('interactive', {
            alias: 'i',
            type: 'boolean',
            describe: 'With a terminal; --no-interactive without [where there is one]',
          }),
      call(() => import('../commands/exec.ts')),
    )
}
