// npm run test:mutation: test/mutation/main.ts, with what it needs.
import { spawnSync } from 'node:child_process'
import { installDependencies, root } from '../../.ci/setup.mjs'

installDependencies()
const args = ['--import', 'tsx', 'test/mutation/main.ts', ...process.argv.slice(2)]
process.exit(spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1)
