import { dirname } from 'node:path'
import { planChange } from '../../engine/plan-change.ts'
import { describeChange } from '../../engine/diff.ts'
import { connect, lookAtFormer, registryLogins, sourcesOf } from '../connect.ts'
import { documentOf } from '../document-of.ts'
import { diffLines } from '../render/diff.ts'
import { styleFor } from '../render/style.ts'
import { writeSavedPlan } from '../saved-plans.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

interface DiffFlags {
  readonly exitCode: boolean
  readonly waves: boolean
  readonly synth: boolean
  readonly save?: string
}

export async function run(terminal: Terminal, settings: Settings, flags: DiffFlags): Promise<number> {
  const { path, state, warnings } = await documentOf(terminal, settings, flags)
  const cluster = await connect(state, settings, terminal)
  try {
    const change = await planChange(state, cluster, {
      registryAuth: registryLogins(terminal),
      sources: sourcesOf(dirname(path), settings, terminal),
      unavailableSecrets: 'warning',
      now: terminal.now(),
      lookAtFormer: lookAtFormer(state, settings, terminal),
      warnings,
    })
    const diff = describeChange(change)
    const { stdout, env } = terminal
    if (settings.json) stdout.write(`${JSON.stringify(diff)}\n`)
    else for (const line of diffLines(diff, styleFor(stdout, env), flags)) stdout.write(`${line}\n`)
    if (change.problems.length > 0) return 1
    if (flags.save !== undefined) {
      await writeSavedPlan(terminal, flags.save, dirname(path), change)
      if (!settings.json)
        terminal.stderr.write(`saved; this very plan is applied by: stowage apply ${flags.save}\n`)
    }
    return flags.exitCode && change.steps > 0 ? 2 : 0
  } finally {
    cluster.close()
  }
}
