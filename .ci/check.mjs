// Everything that is held without running the program: types, lint, format, unused code, generated files and the
// import rules. Each runs whatever the others say, and each that fails is named at the end.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = name => join(root, 'node_modules/.bin', name)
const CHECKS = [
  ['types', process.execPath, ['node_modules/typescript-native/bin/tsc', '-p', '.']],
  ['lint', bin('oxlint'), ['--type-aware', '--deny-warnings', 'lib', 'engine', 'bin', 'test', 'examples']],
  ['format', bin('biome'), ['format', '.']],
  ['unused code', bin('knip'), []],
  ['generated files', bin('tsx'), ['engine/desired-state/generate.ts', '--check']],
  ['errors page', bin('tsx'), ['engine/errors-page.ts', '--check']],
  ['page of ECS fields', bin('tsx'), ['engine/ecs-fields/page.ts', '--check']],
  [
    'fields of ECS',
    bin('vitest'),
    ['run', '--config', 'test/vitest.config.ts', 'test/engine/ecs-fields', '--reporter', 'dot'],
  ],
  [
    'import rules',
    bin('vitest'),
    ['run', '--config', 'test/vitest.config.ts', 'test/architecture.test.ts', '--reporter', 'dot'],
  ],
]

const failed = []
for (const [name, command, args] of CHECKS) {
  const started = Date.now()
  const code = await run(command, args)
  console.log(`${code === 0 ? '✓' : '✗'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  if (code !== 0) failed.push(name)
}
if (failed.length > 0) {
  console.log(`failed: ${failed.join(', ')}`)
  process.exitCode = 1
}

/** Its output is shown only where it fails. */
function run(command, args) {
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = []
    child.stdout.on('data', data => output.push(data))
    child.stderr.on('data', data => output.push(data))
    child.on('error', error => resolve((console.log(String(error)), 1)))
    child.on('close', code => {
      if (code !== 0) process.stdout.write(Buffer.concat(output))
      resolve(code ?? 1)
    })
  })
}
