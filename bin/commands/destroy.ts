import { dirname } from 'node:path'
import { dependenciesOf, emptied } from '../../engine/emptied.ts'
import { carryOut, type CarryOutFlags } from '../carry-out.ts'
import { documentOf } from '../document-of.ts'
import { destroyLines, destroyedLines } from '../render/destroy.ts'
import { styleFor } from '../render/style.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

interface DestroyFlags extends CarryOutFlags {
  readonly volumes: boolean
}

export async function run(terminal: Terminal, settings: Settings, flags: DestroyFlags): Promise<number> {
  const { path, state } = await documentOf(terminal, settings, {})
  const style = styleFor(terminal.stdout, terminal.env)
  return await carryOut(terminal, settings, flags, {
    command: 'destroy',
    desired: emptied(state),
    folder: dirname(path),
    wait: true,
    removeVolumes: flags.volumes,
    formerDependencies: dependenciesOf(state),
    leaveNothing: true,
    plan: (diff, { ledger }) => destroyLines(diff, ledger.deployments.length, style),
    question: diff => `Remove all this from ${diff.cluster}?`,
    ending: (report, elapsed) => destroyedLines(report, elapsed, style),
  })
}
