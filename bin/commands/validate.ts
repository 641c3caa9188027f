import { chosen, documentProblems, invalidDocuments, readDocuments } from '../documents.ts'
import { warn } from '../report-error.ts'
import { styleFor } from '../render/style.ts'
import { count } from '../render/text.ts'
import { onceText } from '../render/things.ts'
import type { Settings } from '../settings.ts'
import { counts, shownPath } from '../synthesize.ts'
import type { Terminal } from '../terminal.ts'

export async function run(terminal: Terminal, settings: Settings): Promise<number> {
  const { stdout, cwd } = terminal
  const files = chosen(await readDocuments(settings, cwd), settings)
  const invalid = files.filter(f => !f.state)
  if (settings.json) {
    const documents = files.map(({ path, cluster, problems, warnings }) => ({
      path,
      cluster,
      valid: problems.length === 0,
      problems,
      warnings,
    }))
    stdout.write(`${JSON.stringify({ valid: invalid.length === 0, documents })}\n`)
    return invalid.length > 0 ? 1 : 0
  }
  const style = styleFor(stdout, terminal.env)
  for (const { path, state, warnings } of files) {
    if (!state) continue
    const { containerInstances, taskDefinitions, services, tasks } = counts(state)
    const texts = [
      count(containerInstances, 'container instance'),
      count(taskDefinitions, 'task definition'),
      count(services, 'service'),
      ...onceText(tasks),
    ]
    stdout.write(
      `${style.good('✓')} ${shownPath(path, cwd)}  cluster ${state.cluster}: ${texts.join(', ')}\n`,
    )
    warn(terminal, documentProblems(warnings, shownPath(path, cwd)))
  }
  if (invalid.length > 0) throw invalidDocuments(invalid, cwd)
  return 0
}
