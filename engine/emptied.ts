import type { DesiredState } from './desired-state/desired-state.generated.ts'

/** What each service and task of a document waits for. */
export function dependenciesOf({
  services,
  tasks,
}: DesiredState): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries({ ...tasks, ...services }).map(([name, { dependsOn }]) => [name, dependsOn]),
  )
}

/** The document with everything gone but the hosts: what `destroy` converges to. */
export function emptied(desired: DesiredState): DesiredState {
  return { ...desired, services: {}, tasks: {}, taskDefinitions: {} }
}
