import { dirname } from 'node:path'
import type { Change } from '../../engine/change.ts'
import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import { standingOf } from '../../engine/instance-standing.ts'
import { carryOut, type CarryOutFlags } from '../carry-out.ts'
import { documentOf } from '../document-of.ts'
import { instanceOf, say } from '../instance-words.ts'
import { diffLines } from '../render/diff.ts'
import { emptiedLines } from '../render/instances.ts'
import { reportLines } from '../render/report.ts'
import { styleFor } from '../render/style.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

export interface DrainFlags extends CarryOutFlags {
  readonly name: string
  /** false: it is written down alone, and the next apply does it. */
  readonly apply: boolean
  readonly waves: boolean
}

export async function run(terminal: Terminal, settings: Settings, flags: DrainFlags): Promise<number> {
  return await drainOrActivate(terminal, settings, flags, 'drain')
}

/** Both are an apply of the document, with a word of the person's beside it. */
export async function drainOrActivate(
  terminal: Terminal,
  settings: Settings,
  flags: DrainFlags,
  kind: 'drain' | 'activate',
): Promise<number> {
  const { path, state, warnings } = await documentOf(terminal, settings, {})
  const instance = instanceOf(state, flags.name)
  const word = { kind, instance } as const
  if (!flags.apply) {
    const news = await say(terminal, settings, state, {
      word,
      command: `stowage ${kind} ${instance}`,
      ...flags,
    })
    const what = kind === 'drain' ? 'DRAINING' : stillDrained(state, instance)
    if (!settings.json)
      terminal.stdout.write(`${instance} is ${what}${news ? '' : ' already'}; stowage apply acts on it\n`)
    return 0
  }
  const style = styleFor(terminal.stdout, terminal.env)
  let planned: Change | undefined
  return await carryOut(terminal, settings, flags, {
    command: kind,
    object: instance,
    desired: state,
    folder: dirname(path),
    warnings,
    word,
    wait: true,
    removeVolumes: false,
    plan: (diff, change) => {
      planned = change
      return diffLines(diff, style, flags)
    },
    question: () =>
      kind === 'drain'
        ? `Drain ${instance}, and apply this to ${state.cluster}?`
        : `Apply this to ${state.cluster}?`,
    ending: (report, elapsed) => [
      ...reportLines(report, elapsed, style),
      ...(kind === 'drain'
        ? emptiedLines(instance, report, planned?.observed.instances[instance], style)
        : [`${instance} is ${stillDrained(state, instance)}`]),
    ],
  })
}

function stillDrained(desired: DesiredState, instance: string): string {
  const { status } = standingOf(desired, {}, instance)
  return status === 'ACTIVE' ? 'ACTIVE' : 'DRAINING still, for the document says so: change its status there'
}
