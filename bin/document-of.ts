import type { DesiredState } from '../engine/desired-state/desired-state.generated.ts'
import type { Problem } from '../engine/errors.ts'
import { readClusterDocument } from './documents.ts'
import { styleFor } from './render/style.ts'
import { synthLines } from './render/synth.ts'
import type { Settings } from './settings.ts'
import { shownPath, synthesize } from './synthesize.ts'
import type { Terminal } from './terminal.ts'

/** The document that a command works on, as it is committed; with `synth` the app is run first. Says which file it is. */
export async function documentOf(
  terminal: Terminal,
  settings: Settings,
  flags: { readonly synth?: boolean },
): Promise<{ readonly path: string; readonly state: DesiredState; readonly warnings: readonly Problem[] }> {
  const { stderr, env, cwd } = terminal
  const style = styleFor(stderr, env)
  const show = (path: string) => shownPath(path, cwd)
  if (flags.synth) {
    const results = await synthesize(terminal, settings, false)
    for (const line of synthLines(results, style, show)) stderr.write(`${line}\n`)
  }
  const document = await readClusterDocument(settings, cwd)
  if (!settings.json) stderr.write(`${style.quiet(`document: ${show(document.path)}`)}\n`)
  return document
}
