import type { ImportedTaskDefinition } from './import-task-definition.ts'
import { constructId } from './recipe.ts'
import { taskRecipe } from './task-recipe.ts'
import { text } from './text.ts'
import { writeTypeScript } from './typescript.ts'
import { partUnsupported } from './unsupported-parts.ts'

/** A module of TypeScript that makes each of these task definitions with constructs, and says what it leaves out. */
export function writeTaskDefinitions(
  all: readonly (Pick<ImportedTaskDefinition, 'family' | 'taskDefinition'> & { readonly file: string })[],
): string {
  const written = all.map(({ family, taskDefinition }) => {
    const { supported, kept } = partUnsupported('task definition', taskDefinition)
    return {
      family,
      recipe: taskRecipe(constructId(family), family, supported),
      remarks: kept.map(
        ({ pointer, value }) => `left out, as it does nothing here: ${pointer} ${text(value)}`,
      ),
    }
  })
  return writeTypeScript(written, all.map(({ file }) => file).join(' '))
}
