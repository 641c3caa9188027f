import type { DockerInfo } from './docker-host.ts'

/** GET /info */
export type InfoView = Omit<DockerInfo, 'ApiVersion' | 'EnabledPlugins'>

/** GET /plugins; newer engines write a type as one text. */
export interface PluginView {
  readonly Name: string
  readonly Enabled: boolean
  readonly Config: { readonly Interface: { readonly Types?: readonly (PluginType | string)[] | null } }
}

interface PluginType {
  readonly Prefix: string
  readonly Capability: string
  readonly Version: string
}

/** What is read of an engine, and nothing more. */
export function engineInfo(
  info: InfoView,
  { ApiVersion }: { readonly ApiVersion: string },
  plugins: readonly PluginView[],
): DockerInfo {
  const { ServerVersion, OSType, Architecture, NCPU, MemTotal, SystemTime, DockerRootDir } = info
  const { Plugins, MemoryLimit, SwapLimit, CpuCfsQuota, CgroupVersion, SecurityOptions } = info
  const { GenericResources, DiscoveredDevices } = info
  const EnabledPlugins = plugins
    .filter(p => p.Enabled)
    .map(p => ({ name: p.Name, types: (p.Config.Interface.Types ?? []).map(typeText) }))
  return {
    ServerVersion,
    ApiVersion,
    OSType,
    Architecture,
    NCPU,
    MemTotal,
    SystemTime,
    DockerRootDir,
    Plugins,
    EnabledPlugins,
    MemoryLimit,
    SwapLimit,
    CpuCfsQuota,
    CgroupVersion,
    SecurityOptions,
    GenericResources,
    DiscoveredDevices,
  }
}

function typeText(type: PluginType | string): string {
  return typeof type === 'string' ? type : `${type.Prefix}.${type.Capability}/${type.Version}`
}
