import type { Argv } from 'yargs'
import { applyFlags, hostFlags, WAIT, WAVES } from '../flags.ts'
import type { Call } from './call.ts'

const DEPLOYMENT = { type: 'string', describe: 'Its id, or a beginning or an end of it' } as const
const SYNTH = { type: 'boolean', default: false, describe: 'Run synth first' } as const

/** The commands that change what runs, and those that tell of it. */
export function deploymentCommands(y: Argv, call: Call): Argv {
  return y
    .command(
      'diff',
      'Show what apply would change, and why; changes nothing',
      z =>
        hostFlags(z, 'fail')
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
      call(() => import('../commands/diff.ts')),
    )
    .command(
      'apply [plan]',
      'Make it so: show the plan, ask, change the hosts, wait until the services are steady',
      z =>
        applyFlags(z)
          .positional('plan', { type: 'string', describe: 'A plan of diff --save: just that, unasked' })
          .option('rollback', {
            choices: ['deployment', 'service'] as const,
            default: 'deployment' as const,
            describe: 'What goes back where a service fails whose circuit breaker says so: all, or it alone',
          })
          .option('wait', WAIT)
          .option('waves', WAVES)
          .option('synth', SYNTH),
      call(() => import('../commands/apply.ts')),
    )
    .command(
      'destroy',
      'Remove all that the cluster owns on its hosts; volumes that hold data only with --volumes',
      z =>
        applyFlags(z).option('volumes', {
          type: 'boolean',
          default: false,
          describe: 'Remove the shared volumes, with their data',
        }),
      call(() => import('../commands/destroy.ts')),
    )
    .command(
      'history [deployment]',
      'List the deployments; of one, how it went and what was another in its document',
      z => hostFlags(z, 'skip').positional('deployment', DEPLOYMENT),
      call(() => import('../commands/history.ts')),
    )
    .command(
      'rollback [deployment]',
      'Go back to an earlier deployment that COMPLETED, by digest [the last one before what was applied last]',
      z => applyFlags(z).positional('deployment', DEPLOYMENT).option('wait', WAIT).option('waves', WAVES),
      call(() => import('../commands/rollback.ts')),
    )
}
