// npm run lab -- start | status | stop | clean. Plain JavaScript, so that it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { installDependencies, root } from '../../.ci/setup.mjs'

installDependencies()
const args = ['--import', 'tsx', 'test/lab/cli.ts', ...process.argv.slice(2)]
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
process.exit(status ?? 1)
