// npm run test:mutation -- [FILES]: changes the pure core one place at a time, and sees whether a test notices. FILES are
// below engine/, comma-separated, say reconcile/replica.ts,scheduler/**/*.ts; what was seen before is not tried again.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { installDependencies, root } from '../.ci/setup.mjs'

const CORE = [
  'reconcile/**/*.ts',
  'scheduler/**/*.ts',
  'query/**/*.ts',
  'simulate.ts',
  'diff/**/*.ts',
  'diff.ts',
  'desired-state/check*.ts',
]
installDependencies()
const files = process.argv[2]?.split(',') ?? CORE
const mutate = files.map(f => `engine/${f}`).join(',')
const args = ['run', 'test/stryker.config.json', '--mutate', mutate]
const stryker = spawnSync(join(root, 'node_modules/.bin/stryker'), args, {
  cwd: root,
  stdio: 'inherit',
  // few generated cases a mutant: there are thousands of mutants
  env: { ...process.env, STOWAGE_PROPERTY_RUNS: '0.1' },
})
process.exit(stryker.status ?? 1)
