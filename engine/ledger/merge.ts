import { canonicalJson } from '../desired-state/canonical.ts'
import { type DeploymentRecord, EMPTY_LEDGER, type InstanceMark, type Ledger, type Marks } from './record.ts'

/**
 * All that any copy knows. Of one deployment the latest edition holds, so one that ended wins over the same in progress;
 * of one instance the mark of the highest version, then of the latest time. The order of the copies does not matter.
 */
export function mergeLedgers(copies: readonly Ledger[]): Ledger {
  return copies.reduce(mergeTwo, EMPTY_LEDGER)
}

function mergeTwo(one: Ledger, other: Ledger): Ledger {
  const byId = new Map<string, DeploymentRecord>()
  for (const record of [...one.deployments, ...other.deployments]) {
    const known = byId.get(record.id)
    byId.set(record.id, known ? laterEdition(known, record) : record)
  }
  return {
    deployments: [...byId.values()].sort(byAge),
    marks: mergeMarks(one.marks, other.marks),
  }
}

function mergeMarks(one: Marks, other: Marks): Marks {
  const byName = new Map(Object.entries(one))
  for (const [name, mark] of Object.entries(other)) {
    const known = byName.get(name)
    byName.set(name, known ? laterMark(known, mark) : mark)
  }
  return Object.fromEntries(byName)
}

/** The oldest first. No two have the same id. */
function byAge(a: DeploymentRecord, b: DeploymentRecord): number {
  return a.number - b.number || (a.id < b.id ? -1 : 1)
}

function laterEdition(a: DeploymentRecord, b: DeploymentRecord): DeploymentRecord {
  return a.edition === b.edition ? smaller(a, b) : a.edition > b.edition ? a : b
}

function laterMark(a: InstanceMark, b: InstanceMark): InstanceMark {
  if (a.version !== b.version) return a.version > b.version ? a : b
  if (a.time !== b.time) return a.time > b.time ? a : b
  return smaller(a, b)
}

/** Where two writers had the same thought at once, all readers take the same one. */
function smaller<T>(a: T, b: T): T {
  return canonicalJson(a) <= canonicalJson(b) ? a : b
}
