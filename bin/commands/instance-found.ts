import { documentOf } from '../document-of.ts'
import { instanceOf, say } from '../instance-words.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

/** Takes back that an instance is lost. */
export async function run(
  terminal: Terminal,
  settings: Settings,
  flags: { readonly name: string; readonly lockWait: number },
): Promise<number> {
  const { state } = await documentOf(terminal, settings, {})
  const instance = instanceOf(state, flags.name)
  const { lockWait } = flags
  const command = `stowage instance found ${instance}`
  const news = await say(terminal, settings, state, { word: { kind: 'found', instance }, command, lockWait })
  const value = { schemaVersion: 1, cluster: state.cluster, instance, lost: false, news: news === true }
  if (settings.json) terminal.stdout.write(`${JSON.stringify(value)}\n`)
  else terminal.stdout.write(`${instance} is ${news ? 'no longer' : 'not'} marked as lost\n`)
  return 0
}
