import { dirname } from 'node:path'
import { type Problem, problem } from '../../engine/errors.ts'
import { goBack, type GoingBack } from '../../engine/ledger/going-back.ts'
import { carryOut, type CarryOutFlags } from '../carry-out.ts'
import { documentOf } from '../document-of.ts'
import { readLedger } from '../read-ledger.ts'
import { diffLines } from '../render/diff.ts'
import { reportLines } from '../render/report.ts'
import { styleFor } from '../render/style.ts'
import { printable } from '../render/text.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

interface RollbackFlags extends CarryOutFlags {
  readonly deployment?: string
  readonly wait: boolean
  readonly waves: boolean
}

export async function run(terminal: Terminal, settings: Settings, flags: RollbackFlags): Promise<number> {
  const { path, state: today } = await documentOf(terminal, settings, {})
  const { more: back } = await readLedger(terminal, settings, today, (_, ledger) =>
    Promise.resolve(goBack(ledger, today, flags.deployment)),
  )
  const { target, desired, images } = back
  const style = styleFor(terminal.stdout, terminal.env)
  const what = `deployment ${printable(target.id)} of ${printable(target.started)}`
  if (!settings.json)
    terminal.stderr.write(`${style.quiet(`back to ${what}, by ${printable(target.who)}`)}\n`)
  return await carryOut(terminal, settings, flags, {
    command: 'rollback',
    desired,
    images,
    returnsTo: target.id,
    rollback: 'none',
    folder: dirname(path),
    warnings: Object.keys(today.tasks).sort().map(leftAlone),
    leavesOneOffs: true,
    wait: flags.wait,
    removeVolumes: false,
    plan: diff => diffLines(diff, style, flags),
    question: () => `Go back to ${what} on ${desired.cluster}?`,
    ending: (report, elapsed) => [
      ...reportLines(report, elapsed, style).map(line =>
        line.replace(/ as the document says(?=;|$)/, ' as it was then'),
      ),
      ...(report.outcome === 'steady' || report.outcome === 'applied' ? afterwards(back) : []),
    ],
  })
}

function leftAlone(name: string): Problem {
  return problem('TASK_LEFT_ALONE', `the task ${name}, which runs once, is left as it is`)
}

/** Whoever does nothing more has it back with the next apply. */
function afterwards({ target: { commit } }: GoingBack): string[] {
  const dirty = commit?.dirty ? ', with changes that were in no commit then' : ''
  const was = commit ? `; it was as in commit ${printable(commit.id).slice(0, 12)}${dirty}` : ''
  return [
    '! the document still says the newer thing: the next stowage apply would bring it back',
    `  next: bring the document back too${was}`,
  ]
}
