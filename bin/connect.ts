import { rememberSilence, unaccounted } from '../engine/apply/remember.ts'
import { connectCluster, type ConnectedCluster, unreachable } from '../engine/connect-cluster.ts'
import type { SourceOptions } from '../engine/apply/read-source.ts'
import type { DesiredState } from '../engine/desired-state/desired-state.generated.ts'
import { registryAuth } from '../engine/docker/registry-auth.ts'
import type { ConnectOptions } from '../engine/docker/connect.ts'
import type { Problem } from '../engine/errors.ts'
import type { FormerInstance } from '../engine/former-instances.ts'
import { formerWarnings } from '../engine/former-warnings.ts'
import { thisOwner } from '../engine/lock/owner.ts'
import type { Settings } from './settings.ts'
import type { Terminal } from './terminal.ts'

/** Connects to a cluster's hosts as the settings say; without any saying, `onUnreachable` holds. */
export async function connect(
  desired: DesiredState,
  settings: Settings,
  terminal: Terminal,
  {
    onUnreachable = 'fail',
    signal,
    remember,
  }: {
    readonly onUnreachable?: 'fail' | 'skip'
    readonly signal?: AbortSignal
    /** The command that writes down which hosts do not answer, where it ends for that. Default: nothing is written. */
    readonly remember?: string
  } = {},
): Promise<ConnectedCluster> {
  const cluster = await connectCluster(desired, {
    ...connectOptions(settings, terminal, signal),
    onUnreachable: 'skip',
  })
  const isPartial = Object.keys(cluster.skipped).length > 0
  if (!isPartial || (settings.onUnreachable ?? onUnreachable) === 'skip') return cluster
  try {
    await goOnWithout(desired, cluster, terminal, remember)
    return cluster
  } catch (error) {
    cluster.close()
    throw error
  }
}

/** Tells of what is left where the document does not look any more. */
export function lookAtFormer(
  { cluster }: DesiredState,
  settings: Settings,
  terminal: Terminal,
): (former: readonly FormerInstance[]) => Promise<Problem[]> {
  return async former => await formerWarnings(former, cluster, connectOptions(settings, terminal))
}

function connectOptions(settings: Settings, { env }: Terminal, signal?: AbortSignal): ConnectOptions {
  return {
    env,
    acceptNewHostKeys: settings.acceptNewHostKeys,
    ...(settings.sshConfig !== undefined && { sshConfigFile: settings.sshConfig }),
    ...(settings.identity.length > 0 && { identityFiles: settings.identity }),
    ...(settings.knownHosts.length > 0 && { knownHostsFiles: settings.knownHosts }),
    ...(signal && { signal }),
  }
}

/** @throws HOST_UNREACHABLE, or what else it is, unless those that do not answer are taken for gone */
async function goOnWithout(
  desired: DesiredState,
  cluster: ConnectedCluster,
  terminal: Terminal,
  remember: string | undefined,
): Promise<void> {
  const problems = await unaccounted(desired, cluster, terminal.now())
  if (problems.length === 0) return
  if (remember !== undefined && problems.every(p => p.code !== 'INTERRUPTED')) {
    const owner = thisOwner(`look ${terminal.now()} ${process.pid}`, remember, new Date(terminal.now()))
    const { signal } = new AbortController()
    await rememberSilence(desired, cluster, { owner, emit: () => {}, signal })
  }
  throw unreachable(problems, Object.keys(desired.containerInstances).length)
}

/** The logins that this machine's own docker has. */
export function registryLogins({ env }: Terminal): (reference: string) => ReturnType<typeof registryAuth> {
  return async reference => await registryAuth(reference, { env })
}

/** What the secrets of a document in this folder are read with. */
export function sourcesOf(folder: string, { ageKeyFile }: Settings, { env }: Terminal): SourceOptions {
  return { folder, env, ...(ageKeyFile !== undefined && { ageKeyFile }) }
}
