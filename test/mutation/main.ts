// npm run test:mutation -- [FILES OR FOLDERS below engine/] [--afresh]: what each mutant came to, and a score for each file.
// What was killed before in a file that has not changed since is not tried again, unless afresh.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { keepResults, knownResults } from './kept.ts'
import { printScores, printSurvivors } from './report.ts'
import { runMutants } from './run-mutants.ts'
import { makeSandbox } from './sandbox.ts'

/** The pure core: what decides. What only writes or reads Docker's words is held by the tests on real engines. */
const CORE = ['reconcile', 'scheduler', 'query', 'diff', 'diff.ts', 'simulate.ts', 'settle.ts', 'marks.ts']
  .concat([
    'instance-standing.ts',
    'one-off.ts',
    'dependencies.ts',
    'former-instances.ts',
    'saved-plan',
    'secrets',
  ])
  .concat([
    'ledger/merge.ts',
    'ledger/prune.ts',
    'ledger/query.ts',
    'ledger/history.ts',
    'ledger/kept-images.ts',
  ])
  .concat([
    'ledger/going-back.ts',
    'ledger/slots.ts',
    'ledger/compose.ts',
    'ledger/entry.ts',
    'ledger/record.ts',
  ])
  .concat(['desired-state/check.ts', 'desired-state/check-order.ts', 'desired-state/check-run-task.ts'])
  .concat([
    'desired-state/check-placement.ts',
    'desired-state/check-service.ts',
    'desired-state/check-ports.ts',
  ])

/** The pure tests that stand beside the core; the generated ones but those of placement take too long for thousands of mutants. */
const TESTS = [
  'diff',
  'reconcile',
  'scheduler',
  'query',
  'desired-state',
  'ledger',
  'secrets',
  'saved-plan',
  'container-config',
  'firelens',
]
  .map(each => `test/engine/${each}`)
  .concat(
    ['dependencies', 'diff', 'former-instances', 'identity', 'instance-standing', 'marks']
      .concat(['one-off', 'port-range', 'simulate'])
      .map(each => `test/engine/${each}.test.ts`),
  )
  .concat(['found', 'placement'].map(each => `test/properties/${each}.test.ts`))
/** They write files, or take whole seconds. */
const NOT_THESE = ['ledger/store.test.ts', 'desired-state/hostile.test.ts']

const root = fileURLToPath(new URL('../..', import.meta.url))
const { values, positionals } = parseArgs({
  options: { afresh: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const asked = positionals.length > 0 ? positionals : CORE
const files = asked.flatMap(each => filesBelow(`engine/${each}`)).filter(isSource)
const tests = TESTS.flatMap(filesBelow).filter(isTest)

const sandbox = mkdtempSync(join(tmpdir(), 'stowage-mutation-'))
const mutants = await makeSandbox(root, sandbox, files)
const known = values.afresh ? new Map() : knownResults(root, mutants)
const open = mutants.filter(({ id }) => known.get(id) !== 'killed')
console.log(`${files.length} files, ${mutants.length} mutants, ${open.length} to be tried`)
const outcomes = new Map([...known, ...(await runMutants(sandbox, tests, open))])
keepResults(root, mutants, outcomes)
printSurvivors(root, mutants, outcomes)
printScores(mutants, outcomes)
rmSync(sandbox, { recursive: true })

function filesBelow(path: string): string[] {
  if (statSync(join(root, path)).isFile()) return [path]
  return readdirSync(join(root, path))
    .toSorted()
    .flatMap(name => filesBelow(`${path}/${name}`))
}

function isSource(path: string): boolean {
  return path.endsWith('.ts') && !path.includes('.generated.')
}

function isTest(path: string): boolean {
  return path.endsWith('.test.ts') && !NOT_THESE.some(each => path.endsWith(each))
}
