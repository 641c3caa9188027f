// npm test: sets up all that is missing, then runs every test that this machine can run.
// Arguments go to vitest: npm test -- test/engine, npm test -- -t 'drain'.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { build, installDependencies, root } from '../.ci/setup.mjs'

installDependencies()
build()
const support = spawnSync(process.execPath, ['--import', 'tsx', 'test/lab/prepare.ts'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
})
if (support.status !== 0) {
  const reason = support.stdout.trim()
  console.log(
    `\n${'!'.repeat(100)}\n!! NO LAB: ${reason}\n!! What needs real Docker hosts is NOT tested by this run.\n${'!'.repeat(100)}\n`,
  )
  if (process.env.CI === 'true') {
    console.log('CI=true: a missing lab is a failure\n\n0 passed, 1 failed')
    process.exit(1)
  }
}
const args = ['run', '--config', 'test/vitest.config.ts', ...process.argv.slice(2)]
const vitest = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, STOWAGE_LAB: support.status === 0 ? 'yes' : 'no' },
})
process.exit(vitest.status ?? 1)
