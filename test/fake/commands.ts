import type { Behaviour } from './behaviour.ts'
import type { FakeContainer } from './world.ts'

/**
 * What a container of this image does, given its own command, health check and environment. Understood are
 * `true`, `false`, a shell's `sleep N; exit N` with `trap "" TERM` before it, a path below /nonexistent, and of a
 * web image HEALTH=fail and START_DELAY_MS; anything else does what the image does.
 */
export function behaviourOf(
  image: Behaviour,
  config: FakeContainer['config'],
  isOwnCommand: boolean,
): Behaviour {
  const behaviour = isOwnCommand
    ? { ...image, ...understand([...(config.Entrypoint ?? []), ...(config.Cmd ?? [])]) }
    : { ...image }
  const health = healthOf(behaviour, config)
  return health === undefined ? behaviour : { ...behaviour, health }
}

const FOR_EVER_MS = 1_000_000_000

function understand(argv: readonly string[]): Behaviour {
  const program = argv[0] ?? ''
  if (program.startsWith('/nonexistent')) {
    return {
      startError: `failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${program}": stat ${program}: no such file or directory: unknown`,
    }
  }
  const text = shellText(argv)
  const ending = /^(?:trap "" TERM; )?(?:sleep (\d+(?:\.\d+)?)(?:; |$))?(?:exit (\d+)|(true|false))?$/.exec(
    text,
  )
  if (text === '' || ending === null) return {}
  const [, seconds = '0', code, word] = ending
  const stop = text.startsWith('trap "" TERM; ') ? 'ignores-sigterm' : undefined
  const afterMs = Number(seconds) * 1000
  const exit = { code: word === 'false' ? 1 : Number(code ?? 0), afterMs }
  return { exit: afterMs >= FOR_EVER_MS ? undefined : exit, ...(stop && { stop }) }
}

function healthOf(behaviour: Behaviour, config: FakeContainer['config']): Behaviour['health'] {
  const [kind, ...check] = config.Healthcheck?.Test ?? []
  if (kind === undefined || kind === 'NONE') return undefined
  const outcome = understand(kind === 'CMD-SHELL' ? ['sh', '-c', ...check] : check).exit
  if (outcome !== undefined) return outcome.code === 0 ? 'passes' : 'fails'
  if (behaviour.web !== true) return undefined
  if (config.Env?.includes('HEALTH=fail')) return 'fails'
  const delay = config.Env?.find(e => e.startsWith('START_DELAY_MS='))
  return delay === undefined ? undefined : { passesAfterMs: Number(delay.slice(delay.indexOf('=') + 1)) }
}

/** `sh -c TEXT` is TEXT. */
function shellText(argv: readonly string[]): string {
  const isShell = /^(\/bin\/)?sh$/.test(argv[0] ?? '') && argv[1] === '-c'
  return (isShell ? argv.slice(2) : argv).join(' ')
}
