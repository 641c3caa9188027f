// npm run lab -- start | status | stop | clean. Plain JavaScript, so that it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cli = fileURLToPath(new URL('cli.ts', import.meta.url))
const options = { cwd: root, stdio: 'inherit' }

if (!existsSync(`${root}/node_modules/tsx`)) {
  console.error('installing the dependencies: npm ci')
  const { status } = spawnSync('npm', ['ci', '--no-fund', '--no-audit'], options)
  if (status !== 0) process.exit(status ?? 1)
}
const { status } = spawnSync(process.execPath, ['--import', 'tsx', cli, ...process.argv.slice(2)], options)
process.exit(status ?? 1)
