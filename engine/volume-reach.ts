/** What a Docker volume is made with, as far as it tells where the data is. */
export interface VolumeMaking {
  /** Default: local. */
  readonly driver?: string
  readonly options?: Readonly<Record<string, string>>
  /** What a driver says of itself once the volume exists: local or global. */
  readonly scope?: string
}

/** The file systems that mount takes from a server. */
const FROM_A_SERVER = new Set(['nfs', 'nfs3', 'nfs4', 'cifs', 'smb3', 'ceph', 'glusterfs', 'lustre', '9p'])

/**
 * Whether the data is on the container instance that has the volume, and on no other. Not so with NFS and the like, with
 * a plugin that says that it is cluster-wide, and in memory, where nothing lasts.
 */
export function isBoundToInstance({ driver = 'local', options, scope }: VolumeMaking): boolean {
  if (driver !== 'local') return scope === 'local'
  const type = options?.['type'] ?? ''
  return !FROM_A_SERVER.has(type) && type !== 'tmpfs'
}
