import { sayOfInstance } from '../engine/apply/remember.ts'
import type { ConnectedCluster } from '../engine/connect-cluster.ts'
import type { DesiredState } from '../engine/desired-state/desired-state.generated.ts'
import { StowageError } from '../engine/errors.ts'
import { thisOwner } from '../engine/lock/owner.ts'
import type { Word } from '../engine/marks.ts'
import { deploymentId } from './carry-out.ts'
import { connect } from './connect.ts'
import { catchInterrupts } from './interrupt.ts'
import { createProgress } from './progress.ts'
import type { Settings } from './settings.ts'
import type { Terminal } from './terminal.ts'

/** The name, if the document has such an instance. @throws INSTANCE_UNKNOWN */
export function instanceOf({ containerInstances }: DesiredState, name: string): string {
  if (Object.hasOwn(containerInstances, name)) return name
  const known = Object.keys(containerInstances).sort().join(', ')
  throw new StowageError('INSTANCE_UNKNOWN', `there is no container instance ${name}; there are ${known}`)
}

/**
 * Writes a word on a container instance down on all hosts that answer. `agrees` is asked first, with who answers.
 * Resolves to whether it was news; undefined: it was not agreed to.
 */
export async function say(
  terminal: Terminal,
  settings: Settings,
  desired: DesiredState,
  what: {
    readonly word: Word
    readonly command: string
    /** Seconds. */
    readonly lockWait: number
    readonly agrees?: (cluster: ConnectedCluster, signal: AbortSignal) => Promise<boolean>
  },
): Promise<boolean | undefined> {
  const interruption = catchInterrupts(terminal, () => {})
  const { signal } = interruption
  try {
    const cluster = await connect(desired, settings, terminal, { onUnreachable: 'skip', signal })
    const progress = createProgress(terminal, settings)
    try {
      if (cluster.hosts.size === 0)
        throw new StowageError(
          'HOST_UNREACHABLE',
          'no container instance answers: it can be written down nowhere',
        )
      if (what.agrees && !(await what.agrees(cluster, signal))) return undefined
      const now = terminal.now()
      return await sayOfInstance(desired, cluster, what.word, {
        owner: thisOwner(deploymentId(now), what.command, new Date(now)),
        emit: event => event.event !== 'locked' && progress.emit(event),
        signal,
        lockWaitMs: what.lockWait * 1000,
      })
    } finally {
      progress.end()
      cluster.close()
    }
  } finally {
    interruption.end()
  }
}
