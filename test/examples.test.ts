import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'

const REPOSITORY = resolve(import.meta.dirname, '..')
const STOWAGE = join(REPOSITORY, 'dist/bin/stowage.js')

describe.each(readdirSync(join(REPOSITORY, 'examples')).sort())('examples/%s', name => {
  const example = join(REPOSITORY, 'examples', name)
  const root = mkdtempSync(join(tmpdir(), 'stowage-examples-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it('says what it is, and can be installed by itself', () => {
    expect(existsSync(join(example, 'README.md'))).toBe(true)
    const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'))
    const about = JSON.parse(readFileSync(join(example, 'package.json'), 'utf8'))
    expect(about).toMatchObject({
      name,
      private: true,
      type: 'module',
      dependencies: { stowage: `^${version}` },
    })
  })

  it('synthesizes valid documents, and the same bytes again', async () => {
    await stowage('synth', '--out', join(root, 'first'))
    await stowage('synth', '--out', join(root, 'second'))
    await stowage('validate', '--out', join(root, 'first'))
    const documents = readdirSync(join(root, 'first'))
    expect(documents.length).toBeGreaterThan(0)
    expect(readdirSync(join(root, 'second'))).toEqual(documents)
    for (const document of documents) {
      const [first, second] = ['first', 'second'].map(out => readFileSync(join(root, out, document), 'utf8'))
      expect(second).toBe(first)
    }
    await stowage('synth', '--check', '--out', join(root, 'first'))
  })

  async function stowage(...args: string[]): Promise<void> {
    await promisify(execFile)(process.execPath, [STOWAGE, ...args], { cwd: example })
  }
})
