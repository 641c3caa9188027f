import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mutant, Outcome } from './protocol.ts'

/** Each mutant that no test noticed: where it is, and what it makes of what stands there. */
export function printSurvivors(root: string, mutants: Mutant[], outcomes: Map<string, Outcome>): void {
  for (const mutant of mutants) {
    const outcome = outcomes.get(mutant.id)
    if (outcome !== 'survived' && outcome !== 'uncovered') continue
    const { start } = mutant.location
    console.log(`${outcome} ${mutant.fileName}:${start.line + 1}:${start.column + 1}  ${mutant.mutatorName}`)
    console.log(`  - ${oneLine(textAt(root, mutant))}\n  + ${oneLine(mutant.replacement)}`)
  }
}

/** A row for each file, as in docs/testing.md. */
export function printScores(mutants: Mutant[], outcomes: Map<string, Outcome>): void {
  const files = [...new Set(mutants.map(({ fileName }) => fileName))]
  console.log('| files | killed | survived | no test comes by | score |\n|---|---|---|---|---|')
  for (const file of files)
    console.log(
      row(
        `\`${file}\``,
        outcomesOf(
          mutants.filter(m => m.fileName === file),
          outcomes,
        ),
      ),
    )
  console.log(row('all', outcomesOf(mutants, outcomes)))
}

function outcomesOf(mutants: Mutant[], outcomes: Map<string, Outcome>): (Outcome | undefined)[] {
  return mutants.map(({ id }) => outcomes.get(id))
}

function row(name: string, outcomes: (Outcome | undefined)[]): string {
  const count = (...of: Outcome[]) => outcomes.filter(each => each && of.includes(each)).length
  const [killed, survived, uncovered] = [count('killed', 'timeout'), count('survived'), count('uncovered')]
  const tried = killed + survived + uncovered
  const score = tried === 0 ? '' : `${Math.floor((100 * killed) / tried)} %`
  return `| ${name} | ${killed} | ${survived} | ${uncovered} | ${score} |`
}

/** What stands where the mutant is. */
function textAt(root: string, { fileName, location: { start, end } }: Mutant): string {
  const lines = readFileSync(join(root, fileName), 'utf8')
    .split('\n')
    .slice(start.line, end.line + 1)
  lines.push((lines.pop() ?? '').slice(0, end.column))
  return [(lines.shift() ?? '').slice(start.column), ...lines].join('\n')
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 160 ? `${line.slice(0, 157)}...` : line
}
