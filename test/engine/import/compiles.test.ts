import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { importTaskDefinition } from '../../../engine/import/import-task-definition.ts'
import { writeTaskDefinitions } from '../../../engine/import/write-task-definitions.ts'
import { REAL_TASK_DEFINITIONS } from '../../support/ecs-task-definitions.ts'
import { anyTaskDefinition } from './task-definitions.ts'

const root = resolve(import.meta.dirname, '../../..')

it('the TypeScript of every real task definition, and of any other, compiles', async () => {
  // below the root, for its tsconfig and its modules
  const folder = mkdtempSync(join(root, 'test/engine/import/compiled-'))
  try {
    const texts = [
      ...REAL_TASK_DEFINITIONS.map(({ fixed, expected }) => {
        const ignoreUnsupported = expected.unsupported?.split(' ') ?? []
        return importTaskDefinition(fixed, { lenient: true, ignoreUnsupported })
      }),
      ...fc
        .sample(anyTaskDefinition, { numRuns: 40, seed: 1 })
        .map(({ family, task }) => importTaskDefinition({ family, ...task })),
    ].map(imported => writeTaskDefinitions([{ file: 'x', ...imported }]))
    for (const [i, text] of texts.entries())
      writeFileSync(join(folder, `${i}.ts`), text.replace("'stowage'", "'../../../../lib/index.ts'"))
    const config = {
      extends: join(root, 'tsconfig.json'),
      include: [folder],
      compilerOptions: { noEmit: true },
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules/typescript-native/bin/tsc')
    const done = await promisify(execFile)(process.execPath, [tsc, '-p', folder], { cwd: root }).catch(
      (failed: { stdout: string }) => failed,
    )
    expect(done.stdout).toBe('')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
