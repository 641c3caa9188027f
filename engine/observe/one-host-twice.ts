import { StowageError } from '../errors.ts'
import type { ObservedState } from '../observed-state.ts'

/** Every task of such a host would be counted twice. @throws INSTANCE_TWICE */
export function refuseOneHostTwice({ instances }: ObservedState): void {
  const names = new Map<string, string>()
  for (const name of Object.keys(instances).sort()) {
    const instance = instances[name]
    if (!instance?.reachable || instance.bridge === undefined) continue
    const other = names.get(instance.bridge)
    if (other !== undefined)
      throw new StowageError(
        'INSTANCE_TWICE',
        `${other} and ${name} are the same Docker host; nothing was changed`,
      )
    names.set(instance.bridge, name)
  }
}
