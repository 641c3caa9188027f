import { StowageError } from '../../engine/errors.ts'
import { localServices } from '../../engine/reconcile/local-data.ts'
import { confirm } from '../confirm.ts'
import { documentOf } from '../document-of.ts'
import { instanceOf, say } from '../instance-words.ts'
import { lostLines } from '../render/instances.ts'
import { styleFor } from '../render/style.ts'
import type { Settings } from '../settings.ts'
import type { Terminal } from '../terminal.ts'

interface LostFlags {
  readonly name: string
  readonly localData: boolean
  readonly yes: boolean
  readonly lockWait: number
}

/** Writes down that an instance is gone for good; the next apply acts on it. */
export async function run(terminal: Terminal, settings: Settings, flags: LostFlags): Promise<number> {
  const { state } = await documentOf(terminal, settings, {})
  const instance = instanceOf(state, flags.name)
  const { localData, yes, lockWait } = flags
  const news = await say(terminal, settings, state, {
    word: { kind: 'lost', instance, localData },
    command: `stowage instance lost ${instance}`,
    lockWait,
    agrees: async ({ hosts }, signal) => {
      if (hosts.has(instance))
        throw new StowageError('INSTANCE_ANSWERS', `${instance} answers; nothing was written down`, {
          instance,
        })
      const style = styleFor(terminal.stderr, terminal.env)
      const lines = lostLines(instance, localServices(state), localData, style)
      if (!settings.json) for (const line of lines) terminal.stderr.write(`${line}\n`)
      return await confirm(terminal, { yes, json: settings.json, signal }, `Is ${instance} gone for good?`)
    },
  })
  if (news === undefined) return 1
  const value = { schemaVersion: 1, cluster: state.cluster, instance, lost: true, localData, news }
  if (settings.json) terminal.stdout.write(`${JSON.stringify(value)}\n`)
  else
    terminal.stdout.write(
      `${instance} is marked as lost${news ? '' : ' already'}\n  next: stowage apply starts its tasks elsewhere\n`,
    )
  return 0
}
