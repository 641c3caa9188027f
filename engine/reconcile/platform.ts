import type { PlacementConstraint, RuntimePlatform } from '../desired-state/desired-state.generated.ts'
import type { ReachableInstance } from '../observed-state.ts'

/** Where images of a platform run, in words of the cluster query language. */
export function platformConstraints(platform: RuntimePlatform | undefined): PlacementConstraint[] {
  const { cpuArchitecture, operatingSystemFamily } = platform ?? {}
  const os = operatingSystemFamily?.startsWith('WINDOWS') ? 'windows' : 'linux'
  return [
    ...(operatingSystemFamily === undefined ? [] : [`attribute:ecs.os-type == ${os}`]),
    ...(cpuArchitecture === undefined
      ? []
      : [`attribute:ecs.cpu-architecture == ${cpuArchitecture.toLowerCase()}`]),
  ].map(expression => ({ type: 'memberOf', expression }))
}

/** What is pulled of an image for several platforms, as os/architecture; undefined: the instance's own. */
export function platformOf(
  platform: RuntimePlatform | undefined,
  { engine }: ReachableInstance,
): string | undefined {
  const { cpuArchitecture } = platform ?? {}
  return cpuArchitecture && `${engine.os}/${cpuArchitecture === 'X86_64' ? 'amd64' : 'arm64'}`
}
