// npm run test:soak -- [MINUTES] [--from SEED] [--lab]: the generated tests again and again, each round with seeds of its
// own and many more cases, until the time is over. Only what they find decides, never how long something took.
// --lab: each round also kills apply at every wave on real hosts.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { installDependencies, root } from '../.ci/setup.mjs'

const { values, positionals } = parseArgs({
  options: { from: { type: 'string' }, lab: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const minutes = Number(positionals[0] ?? 10)
if (!(minutes > 0)) throw new Error(`npm run test:soak -- MINUTES, not ${positionals[0]}`)
// another start each day, and the same again with --from
const start = Number(values.from ?? Math.floor(Date.now() / 86_400_000) * 1000)
const FACTOR = 4
const SEEDS_IN_A_ROUND = 1000
const STATES_A_MINUTE = 200
/** What is drawn from seeds; what is searched whole is the same each time and so done once. */
const SEEDED = ['test/histories', 'test/properties', 'test/scenarios/random.test.ts']
const ONCE = ['test/small-worlds', 'test/scenarios', 'test/engine/lock/races']

installDependencies()
const folder = mkdtempSync(join(tmpdir(), 'stowage-soak-'))
const counts = join(folder, 'counts')
writeFileSync(counts, '')
const until = Date.now() + minutes * 60_000
console.log(`soak of ${minutes} minutes from seed ${start}, at ${commit()}`)
let failures = 0
let rounds = 0
for (; rounds === 0 || Date.now() < until; rounds++) {
  const seed = start + rounds * SEEDS_IN_A_ROUND
  const files = rounds === 0 ? [...SEEDED, ...ONCE] : SEEDED
  const failed = round(['vitest', ['run', '--config', 'test/vitest.config.ts', ...files]], {
    STOWAGE_PROPERTY_RUNS: String(FACTOR),
    STOWAGE_PROPERTY_SEED: String(seed),
    STOWAGE_SMALL_WORLD_STATES: String(Math.ceil(minutes * STATES_A_MINUTE)),
    STOWAGE_SOAK_COUNTS: counts,
  })
  const failedOnLab = values.lab && round(['node', ['test/run.mjs', 'test/e2e/crash.test.ts']], {})
  if (failed || failedOnLab) failures++
  console.log(`round ${rounds + 1}, seeds from ${seed}: ${failed || failedOnLab ? 'FAILED' : 'passed'}`)
}
const byName = ([a], [b]) => (a < b ? -1 : 1)
for (const [what, times] of [...countsOf(counts)].sort(byName))
  console.log(`  ${String(times).padStart(9)}  ${what}`)
console.log(
  `soak: ${new Date().toISOString().slice(0, 10)}, ${commit()}, ${minutes} minutes from seed ${start}: ` +
    `${rounds} rounds, ${sum(countsOf(counts))} cases, ${failures} failures`,
)
rmSync(folder, { recursive: true })
process.exitCode = failures > 0 ? 1 : 0

/** Runs it; its output is shown only where it fails. True: it failed. */
function round([command, args], env) {
  const bin = command === 'node' ? process.execPath : join(root, 'node_modules/.bin', command)
  const run = spawnSync(bin, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 1 << 30,
  })
  if (run.status !== 0) console.log(run.stdout, run.stderr)
  return run.status !== 0
}

function countsOf(file) {
  const sums = new Map()
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const [what, times] = JSON.parse(line)
    sums.set(what, (sums.get(what) ?? 0) + times)
  }
  return sums
}

function sum(all) {
  return [...all.values()].reduce((total, n) => total + n, 0)
}

function commit() {
  const git = spawnSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8' })
  return git.stdout?.trim() || 'no commit'
}
