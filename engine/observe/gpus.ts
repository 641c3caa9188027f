import type { DockerInfo } from '../docker/docker-host.ts'

/**
 * The GPUs that Docker itself tells of: those declared to the daemon (node-generic-resources), else those that it
 * found by CDI. [] where it tells of none, which does not mean that there is none.
 */
export function gpusOf({ GenericResources: generic, DiscoveredDevices: found }: DockerInfo): string[] {
  const declared = (generic ?? []).flatMap(({ NamedResourceSpec: named, DiscreteResourceSpec: discrete }) => {
    if (named && isGpu(named.Kind)) return [named.Value]
    return discrete && isGpu(discrete.Kind) ? Array.from({ length: discrete.Value }, (_, i) => String(i)) : []
  })
  if (declared.length > 0) return [...new Set(declared)]
  // CDI has several names for one: by number, by UUID, and one for all
  return (found ?? []).flatMap(({ ID }) => (/^[a-z0-9.-]+\/gpu=\d+$/i.test(ID) ? [ID] : []))
}

function isGpu(kind: string): boolean {
  return /gpu/i.test(kind)
}
