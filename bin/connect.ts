import { connectCluster, type ConnectedCluster } from '../engine/connect-cluster.ts'
import type { SourceOptions } from '../engine/apply/read-source.ts'
import type { DesiredState } from '../engine/desired-state/desired-state.generated.ts'
import { registryAuth } from '../engine/docker/registry-auth.ts'
import type { Settings } from './settings.ts'
import type { Terminal } from './terminal.ts'

/** Connects to a cluster's hosts as the settings say; without any saying, `onUnreachable` holds. */
export async function connect(
  desired: DesiredState,
  settings: Settings,
  { env }: Terminal,
  {
    onUnreachable = 'fail',
    signal,
  }: { readonly onUnreachable?: 'fail' | 'skip'; readonly signal?: AbortSignal } = {},
): Promise<ConnectedCluster> {
  return await connectCluster(desired, {
    env,
    acceptNewHostKeys: settings.acceptNewHostKeys,
    ...(settings.sshConfig !== undefined && { sshConfigFile: settings.sshConfig }),
    ...(settings.identity.length > 0 && { identityFiles: settings.identity }),
    ...(settings.knownHosts.length > 0 && { knownHostsFiles: settings.knownHosts }),
    ...(signal && { signal }),
    onUnreachable: settings.onUnreachable ?? onUnreachable,
  })
}

/** The logins that this machine's own docker has. */
export function registryLogins({ env }: Terminal): (reference: string) => ReturnType<typeof registryAuth> {
  return async reference => await registryAuth(reference, { env })
}

/** What the secrets of a document in this folder are read with. */
export function sourcesOf(folder: string, { ageKeyFile }: Settings, { env }: Terminal): SourceOptions {
  return { folder, env, ...(ageKeyFile !== undefined && { ageKeyFile }) }
}
