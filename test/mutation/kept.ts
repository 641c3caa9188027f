import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mutant, Outcome } from './protocol.ts'

/** For each file: the digest of its source, and what became of each mutant by what it changes where. */
type Kept = Record<string, { source: string; outcomes: Record<string, Outcome> }>

/** What became of these mutants the last time, where their file is still the same. */
export function knownResults(root: string, mutants: Mutant[]): Map<string, Outcome> {
  const kept = read(root)
  const known = new Map<string, Outcome>()
  for (const mutant of mutants) {
    const file = kept[mutant.fileName]
    const outcome = file?.source === digest(root, mutant.fileName) ? file.outcomes[change(mutant)] : undefined
    if (outcome) known.set(mutant.id, outcome)
  }
  return known
}

export function keepResults(root: string, mutants: Mutant[], outcomes: Map<string, Outcome>): void {
  const kept = read(root)
  for (const { fileName } of mutants) kept[fileName] = { source: digest(root, fileName), outcomes: {} }
  for (const mutant of mutants) {
    const outcome = outcomes.get(mutant.id)
    if (outcome) (kept[mutant.fileName] as Kept[string]).outcomes[change(mutant)] = outcome
  }
  mkdirSync(join(root, '.mutation'), { recursive: true })
  writeFileSync(fileOf(root), JSON.stringify(kept))
}

function read(root: string): Kept {
  return existsSync(fileOf(root)) ? (JSON.parse(readFileSync(fileOf(root), 'utf8')) as Kept) : {}
}

function fileOf(root: string): string {
  return join(root, '.mutation/results.json')
}

function digest(root: string, file: string): string {
  return createHash('sha256')
    .update(readFileSync(join(root, file)))
    .digest('hex')
}

function change({ location: { start, end }, replacement }: Mutant): string {
  return `${start.line}:${start.column}-${end.line}:${end.column} ${replacement}`
}
