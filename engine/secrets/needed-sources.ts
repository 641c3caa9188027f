import type { ContainerDefinition, DesiredState } from '../desired-state/desired-state.generated.ts'
import { isRouted } from '../firelens/router.ts'
import { oneOffDefinition } from '../one-off.ts'
import { sourceOfFile } from './source.ts'

/** What a source's value becomes; each puts its own demands on it. */
export type SourceUse =
  | 'environment'
  | 'file'
  | 'environment file'
  | 'log option'
  | 'router option'
  | 'registry login'

/** One source of a document, with all that it is for. */
export interface NeededSource {
  readonly source: string
  readonly uses: ReadonlySet<SourceUse>
  /** For a person: "secret DB_PASSWORD of web/app". */
  readonly users: readonly string[]
}

/** Every source that a service or a task of the document needs, each once, by its text. */
export function neededSources({ services, tasks, taskDefinitions }: DesiredState): NeededSource[] {
  const needed = new Map<string, { uses: Set<SourceUse>; users: string[] }>()
  const families = [...new Set(Object.values(services).map(s => s.taskDefinition))].sort()
  const used = families.flatMap(family => ({ family, task: taskDefinitions[family] }))
  for (const run of Object.values(tasks)) {
    const family = run.taskDefinition
    const task = taskDefinitions[family]
    if (task) used.push({ family, task: oneOffDefinition(run, task) })
  }
  for (const { family, task } of used) {
    for (const container of task?.containerDefinitions ?? []) {
      for (const { source, use, what } of sourcesOf(container)) {
        const entry = needed.get(source) ?? { uses: new Set(), users: [] }
        needed.set(source, entry)
        entry.uses.add(use)
        const user = `${what} of ${family}/${container.name}`
        if (!entry.users.includes(user)) entry.users.push(user)
      }
    }
  }
  return [...needed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([source, entry]) => ({ source, ...entry }))
}

interface Use {
  readonly source: string
  readonly use: SourceUse
  readonly what: string
}

function sourcesOf(container: ContainerDefinition): Use[] {
  const { secrets, environmentFiles, logConfiguration, repositoryCredentials } = container
  const login = repositoryCredentials?.credentialsParameter
  return [
    ...secrets.map((s): Use => ({ source: s.valueFrom, use: s.deliverAs, what: `secret ${s.name}` })),
    ...environmentFiles.map(
      (f): Use => ({
        source: sourceOfFile(f.value),
        use: 'environment file',
        what: `environment file ${f.value}`,
      }),
    ),
    ...(logConfiguration?.secretOptions ?? []).map(
      (o): Use => ({
        source: o.valueFrom,
        use: isRouted(container) ? 'router option' : 'log option',
        what: `log option ${o.name}`,
      }),
    ),
    ...(login === undefined
      ? []
      : [{ source: login, use: 'registry login', what: 'registry login' } as const]),
  ]
}
