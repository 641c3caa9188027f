// Builds dist/: the compiled sources, and beside them the two files that the compiler does not copy.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
rmSync(join(root, 'dist'), { recursive: true, force: true })
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript-native/bin/tsc'), '-p', join(root, '.ci/tsconfig.build.json')],
  {
    stdio: 'inherit',
  },
)
for (const name of ['desired-state.schema.json', 'validate.generated.cjs']) {
  copyFileSync(join(root, 'engine/desired-state', name), join(root, 'dist/engine/desired-state', name))
}
chmodSync(join(root, 'dist/bin/stowage.js'), 0o755)
