// What every command of a fresh clone needs first: a Node that is new enough, and the dependencies.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Installs the dependencies unless those of this very package-lock.json are there. */
export function installDependencies() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`stowage needs Node 20.19 or later; this is ${process.version}`)
    process.exit(1)
  }
  const stamp = join(root, 'node_modules/.stowage-installed')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.error('installing dependencies (npm install) …')
  // not npm ci: it refuses a lock without the binaries of every other platform, which not every registry has
  execFileSync('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel', 'error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  writeFileSync(stamp, wanted)
}

/** Compiles dist/. */
export function build() {
  execFileSync(process.execPath, [join(root, '.ci/build.mjs')], { cwd: root, stdio: 'inherit' })
}
