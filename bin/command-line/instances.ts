import type { Argv } from 'yargs'
import { applyFlags, hostFlags, LOCK_WAIT, WAVES, YES } from '../flags.ts'
import type { Call } from './call.ts'

const NAME = { type: 'string', demandOption: true, describe: 'The container instance' } as const

/** The commands on container instances, and on the locks that they have. */
export function instanceCommands(y: Argv, call: Call): Argv {
  return y
    .command(
      'drain <name>',
      'Empty a container instance: its replicas move within the percentages, its daemons stop last',
      z => drainFlags(z),
      call(() => import('../commands/drain.ts')),
    )
    .command(
      'activate <name>',
      'Take back drain',
      z => drainFlags(z),
      call(() => import('../commands/activate.ts')),
    )
    .command('instance', 'Say that a container instance is gone for good, or that it is not', z =>
      z
        .command(
          'lost <name>',
          'It does not answer and is gone for good: the next apply starts its tasks elsewhere',
          a =>
            wordFlags(a).option('local-data', {
              type: 'boolean',
              default: false,
              describe: 'Also tasks whose data was on it alone: they start anew without',
            }),
          call(() => import('../commands/instance-lost.ts')),
        )
        .command(
          'found <name>',
          'Take back lost; asks nothing',
          a => wordFlags(a),
          call(() => import('../commands/instance-found.ts')),
        )
        .demandCommand(1, 'Say lost or found.'),
    )
    .command(
      'unlock',
      "Show who has the hosts' locks, and remove them; one whose heartbeat moves only with --force",
      z =>
        hostFlags(z, 'skip').option('yes', YES).option('force', {
          type: 'boolean',
          default: false,
          describe: 'Also where somebody works there',
        }),
      call(() => import('../commands/unlock.ts')),
    )
}

/** Of what may change others, too. */
function drainFlags<T>(y: Argv<T>) {
  return applyFlags(y)
    .positional('name', NAME)
    .option('apply', {
      type: 'boolean',
      default: true,
      describe: 'Do it now; --no-apply only writes it down for the next apply',
    })
    .option('waves', WAVES)
}

/** Of what only writes down what is so of it. */
function wordFlags<T>(y: Argv<T>) {
  return hostFlags(y, 'skip')
    .positional('name', NAME)
    .option('yes', YES)
    .option('lock-wait', LOCK_WAIT)
    .check(({ lockWait }) => Number(lockWait) >= 0 || '--lock-wait takes a number of seconds')
}
