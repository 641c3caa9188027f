import type { DesiredState } from './desired-state/desired-state.generated.ts'
import type { Ledger } from './ledger/record.ts'

/** A container instance that earlier deployments had and the document has not. */
export interface FormerInstance {
  readonly name: string
  readonly address: string
  /** Whether the last deployment had it still. */
  readonly isRecent: boolean
}

/** Those of the ledger's documents that are in the document no more, under no name. Whoever is lost is not among them. */
export function formerInstances({ deployments, marks }: Ledger, desired: DesiredState): FormerInstance[] {
  const current = Object.values(desired.containerInstances).map(i => i.address)
  const former = new Map<string, FormerInstance>()
  for (const [age, { document }] of deployments.toReversed().entries()) {
    for (const [name, { address }] of Object.entries(document.containerInstances)) {
      const isThere = Object.hasOwn(desired.containerInstances, name) || current.includes(address)
      if (!isThere && !former.has(name) && !marks[name]?.lost)
        former.set(name, { name, address, isRecent: age === 0 })
    }
  }
  return [...former.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
