import type { Argv } from 'yargs'
import { clusterFlags, commonFlags, JSON_FLAG } from '../flags.ts'
import type { Call } from './call.ts'

/** The commands that contact nothing. */
export function documentCommands(y: Argv, call: Call): Argv {
  return y
    .command(
      'synth',
      "Run the app and write each cluster's desired-state document",
      z =>
        commonFlags(z).option('check', {
          type: 'boolean',
          default: false,
          describe: 'Write nothing; fail where a document is not what the app gives',
        }),
      call(() => import('../commands/synth.ts')),
    )
    .command(
      'validate',
      'Check the documents; contacts nothing',
      z => clusterFlags(z),
      call(() => import('../commands/validate.ts')),
    )
    .command('import', 'Bring what runs on ECS: stowage import task-definition FILE', z =>
      z
        .command(
          'task-definition <files..>',
          'Write TypeScript, or a document, from the JSON of task definitions',
          importFlags,
          call(() => import('../commands/import-task-definition.ts')),
        )
        .demandCommand(1, 'Name what is to be imported: task-definition.'),
    )
}

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
    .option('json', JSON_FLAG)
}
