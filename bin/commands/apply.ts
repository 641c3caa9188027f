import { dirname } from 'node:path'
import { StowageError } from '../../engine/errors.ts'
import { carryOut, type CarryOutFlags, type Undertaking } from '../carry-out.ts'
import { documentOf } from '../document-of.ts'
import { diffLines } from '../render/diff.ts'
import { reportLines } from '../render/report.ts'
import { styleFor } from '../render/style.ts'
import { printable } from '../render/text.ts'
import { readSavedPlan } from '../saved-plans.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

interface ApplyFlags extends CarryOutFlags {
  readonly plan?: string
  readonly wait: boolean
  readonly waves: boolean
  readonly synth: boolean
  readonly rollback: 'deployment' | 'service'
}

export async function run(terminal: Terminal, settings: Settings, flags: ApplyFlags): Promise<number> {
  const what = flags.plan === undefined ? undefined : await savedPlan(terminal, settings, flags, flags.plan)
  const { desired, ...rest } = what ?? (await document(terminal, settings, flags))
  const style = styleFor(terminal.stdout, terminal.env)
  return await carryOut(terminal, settings, flags, {
    command: 'apply',
    desired,
    ...rest,
    wait: flags.wait,
    rollback: flags.rollback,
    removeVolumes: false,
    plan: diff => diffLines(diff, style, flags),
    question: () => `Apply this to ${desired.cluster}?`,
    ending: (report, elapsed) => reportLines(report, elapsed, style),
  })
}

type What = Pick<Undertaking, 'desired' | 'folder' | 'warnings' | 'saved' | 'object'>

async function document(terminal: Terminal, settings: Settings, flags: ApplyFlags): Promise<What> {
  const { path, state, warnings } = await documentOf(terminal, settings, flags)
  return { desired: state, folder: dirname(path), warnings }
}

async function savedPlan(
  terminal: Terminal,
  { document, cluster, json }: Settings,
  { synth }: ApplyFlags,
  file: string,
): Promise<What> {
  if (synth || document !== undefined || cluster !== undefined) {
    const message = 'a saved plan has its document with it: no --synth, --document or --cluster'
    throw new StowageError('USAGE_INVALID', message)
  }
  const { plan, folder } = await readSavedPlan(terminal, file)
  if (!json) terminal.stderr.write(`plan: ${file}, saved by ${printable(plan.by)}, ${printable(plan.made)}\n`)
  return { desired: plan.document, folder, saved: plan, object: file }
}
