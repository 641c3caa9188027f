import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { TaskDefinition as TaskDefinitionJson } from '../../../engine/desired-state/document.generated.ts'
import { parseDesiredState } from '../../../engine/desired-state/parse.ts'
import { revisionOf } from '../../../engine/identity.ts'
import { importTaskDefinition } from '../../../engine/import/import-task-definition.ts'
import { constructId } from '../../../engine/import/recipe.ts'
import { taskRecipe } from '../../../engine/import/task-recipe.ts'
import { writeTypeScript } from '../../../engine/import/typescript.ts'
import { App, Cluster, TaskDefinition } from '../../../lib/index.ts'
import { synthesize } from '../../../lib/synth.ts'
import { anyTaskDefinition } from './task-definitions.ts'

const LIB = pathToFileURL(join(import.meta.dirname, '../../../lib/index.ts')).href
const folder = mkdtempSync(join(tmpdir(), 'stowage-import-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The revision, which every field of a task definition is part of. */
function revision(family: string, task: TaskDefinitionJson): string {
  const parsed = parseDesiredState({
    schemaVersion: 1,
    cluster: 'c',
    taskDefinitions: { [family]: task },
  })
  const found = parsed.ok ? parsed.state.taskDefinitions[family] : undefined
  if (!found) throw new Error(JSON.stringify(parsed))
  return revisionOf(family, found)
}

function synthesized(make: (cluster: Cluster) => unknown): [string, TaskDefinitionJson] {
  const cluster = new Cluster(new App(), 'c')
  make(cluster)
  const [document] = synthesize(cluster.node.root)
  const [only] = Object.entries(document?.taskDefinitions ?? {})
  if (!only) throw new Error('it has a task definition')
  return only
}

let modules = 0
async function run(text: string): Promise<[string, TaskDefinitionJson]> {
  const file = join(folder, `${modules++}.ts`)
  writeFileSync(file, text.replace("'stowage'", JSON.stringify(LIB)))
  const [make] = Object.values(
    (await import(/* @vite-ignore */ file)) as Record<string, (c: Cluster) => unknown>,
  )
  if (!make) throw new Error('it has a function')
  return synthesized(make)
}

describe('a task definition, whatever is in it,', () => {
  it('is the same after fromJson and synth', () => {
    fc.assert(
      fc.property(anyTaskDefinition, ({ family, task }) => {
        const [synthFamily, synthTask] = synthesized(c =>
          TaskDefinition.fromJson(c, 'id', { family, ...task }),
        )
        expect(synthFamily).toBe(family)
        expect(revision(family, synthTask)).toBe(revision(family, task))
      }),
      { numRuns: 100 },
    )
  })

  it('is the same after it was written as TypeScript, run and synthesized', async () => {
    await fc.assert(
      fc.asyncProperty(anyTaskDefinition, async ({ family, task }) => {
        const imported = importTaskDefinition({ family, ...task })
        expect(imported.problems).toEqual([])
        const recipe = taskRecipe(constructId(family), family, imported.taskDefinition)
        const [synthFamily, synthTask] = await run(
          writeTypeScript([{ family, recipe, remarks: ['*/ `${x}`\n// \u2028x'] }], 'a\nb.json'),
        )
        expect(synthFamily).toBe(family)
        expect(revision(family, synthTask)).toBe(revision(family, task))
      }),
      { numRuns: 40 },
    )
  })
})
