import { dirname } from 'node:path'
import { carryOut, type CarryOutFlags } from '../carry-out.ts'
import { documentOf } from '../document-of.ts'
import { diffLines } from '../render/diff.ts'
import { reportLines } from '../render/report.ts'
import { styleFor } from '../render/style.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

interface ApplyFlags extends CarryOutFlags {
  readonly wait: boolean
  readonly waves: boolean
  readonly synth: boolean
}

export async function run(terminal: Terminal, settings: Settings, flags: ApplyFlags): Promise<number> {
  const { path, state, warnings } = await documentOf(terminal, settings, flags)
  const style = styleFor(terminal.stdout, terminal.env)
  return await carryOut(terminal, settings, flags, {
    command: 'apply',
    desired: state,
    folder: dirname(path),
    warnings,
    wait: flags.wait,
    removeVolumes: false,
    plan: diff => diffLines(diff, style, flags),
    question: () => `Apply this to ${state.cluster}?`,
    ending: (report, elapsed) => reportLines(report, elapsed, style),
  })
}
