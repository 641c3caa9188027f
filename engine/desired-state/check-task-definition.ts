import { checkContainer } from './check-container.ts'
import { dependenciesOf, joinsNamespace, namespaceHolder } from '../dependencies.ts'
import { isReservedLabel } from '../identity.ts'
import { checkConstraints } from './check-placement.ts'
import { checkTaskSize } from './check-task-size.ts'
import type { TaskDefinition, Volume } from './desired-state.generated.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'
import { overlap, type PortRange, rangeOf } from '../port-range.ts'
import { repeated } from './repeated.ts'

/** What a task definition must hold and the schema cannot say. */
export function checkTaskDefinition(at: string, family: string, task: TaskDefinition): DocumentProblem[] {
  const containers = task.containerDefinitions
  const problems: DocumentProblem[] = []
  if (task.family !== undefined && task.family !== family)
    problems.push(documentProblem(pointer(at, 'family'), `must be its key, ${quote(family)}`))
  if (!containers.some(c => c.essential))
    problems.push(
      documentProblem(pointer(at, 'containerDefinitions'), 'at least one container must be essential'),
    )
  return [
    ...problems,
    ...repeated(containers.map(c => c.name)).map(i =>
      documentProblem(pointer(at, 'containerDefinitions', i, 'name'), 'another container has this name'),
    ),
    ...containers.flatMap((c, i) => checkContainer(pointer(at, 'containerDefinitions', i), c, task)),
    ...checkTaskSize(at, task),
    ...checkNamespaces(at, task),
    ...checkTags(at, task),
    ...checkCycles(at, task),
    ...checkHostPorts(at, task),
    ...repeated(task.volumes.map(v => v.name)).map(i =>
      documentProblem(pointer(at, 'volumes', i, 'name'), 'another volume has this name'),
    ),
    ...task.volumes.flatMap((v, i) => checkVolume(pointer(at, 'volumes', i), v)),
    ...checkConstraints(at, task.placementConstraints),
  ]
}

/** The others join the namespace of one container, which therefore runs first and as long as the task. */
function checkNamespaces(at: string, task: TaskDefinition): DocumentProblem[] {
  if (!joinsNamespace(task) || namespaceHolder(task)) return []
  const field = task.pidMode === 'task' ? 'pidMode' : 'ipcMode'
  const message = `task needs an essential container that waits for no other (dependsOn, links, volumesFrom): the others join its namespace`
  return [documentProblem(pointer(at, field), message)]
}

function checkTags(at: string, { tags }: TaskDefinition): DocumentProblem[] {
  const here = (i: number) => pointer(at, 'tags', i, 'key')
  return [
    ...tags.flatMap(({ key }, i) =>
      /^aws:/i.test(key) ? [documentProblem(here(i), 'aws: is reserved for AWS')] : [],
    ),
    ...repeated(tags.map(t => t.key)).map(i => documentProblem(here(i), 'another tag has this key')),
  ]
}

/** Each cycle once, at the first of its containers. */
function checkCycles(at: string, task: TaskDefinition): DocumentProblem[] {
  const { containerDefinitions } = task
  const places = new Map(containerDefinitions.map((c, i) => [c.name, i]))
  const problems: DocumentProblem[] = []
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): void => {
    const place = places.get(name)
    if (place === undefined || done.has(name)) return
    const start = path.indexOf(name)
    if (start >= 0) {
      const cycle = [...path.slice(start), name].join(' → ')
      const here = pointer(at, 'containerDefinitions', places.get(path[start] ?? name) ?? place, 'dependsOn')
      problems.push(documentProblem(here, `containers wait for each other: ${cycle}`))
      return
    }
    const container = containerDefinitions[place]
    for (const { containerName } of container ? dependenciesOf(task, container) : [])
      visit(containerName, [...path, name])
    done.add(name)
  }
  for (const { name } of containerDefinitions) visit(name, [])
  return problems
}

/** One host port is asked for once by a task: two of its containers could not both have it. */
function checkHostPorts(
  at: string,
  { networkMode, containerDefinitions }: TaskDefinition,
): DocumentProblem[] {
  const ownsPort = networkMode === 'host' || networkMode === 'awsvpc'
  const ports = containerDefinitions.flatMap((container, i) =>
    container.portMappings.map((mapping, j) => ({
      at: pointer(at, 'containerDefinitions', i, 'portMappings', j),
      port: ownsPort ? (mapping.containerPort ?? 0) : (mapping.hostPort ?? 0),
      range: ownsPort && mapping.containerPortRange !== undefined ? rangeOf(mapping) : undefined,
      container: i,
      protocol: mapping.protocol,
    })),
  )
  const fixed = networkMode === 'none' ? [] : ports.filter(p => p.port > 0)
  return [
    ...checkSharedRanges(ports),
    ...repeated(fixed.map(p => `${p.port}/${p.protocol}`)).flatMap(i => {
      const taken = fixed[i]
      if (taken && networkMode === 'awsvpc') {
        const message = `port ${taken.port}/${taken.protocol} is mapped by this task already: its containers share one address`
        return [documentProblem(taken.at, message)]
      }
      return taken
        ? [
            documentProblem(
              taken.at,
              `host port ${taken.port}/${taken.protocol} is taken by this task already`,
            ),
          ]
        : []
    }),
  ]
}

/** Where the containers of a task share an address a range of one has no port of another. */
function checkSharedRanges(
  ports: readonly { at: string; port: number; protocol: string; range?: PortRange; container: number }[],
): DocumentProblem[] {
  return ports.flatMap(({ at, range, protocol, container }, i) => {
    const clashes = (p: (typeof ports)[number], j: number) =>
      p.container !== container &&
      p.protocol === protocol &&
      (j < i || !p.range) &&
      range !== undefined &&
      overlap(p.range ?? { first: p.port, last: p.port }, range)
    return ports.some(clashes)
      ? [
          documentProblem(
            at,
            'a port of this range is mapped by this task already: its containers share one address',
          ),
        ]
      : []
  })
}

function checkVolume(at: string, { host, dockerVolumeConfiguration: docker }: Volume): DocumentProblem[] {
  const problems: DocumentProblem[] = []
  if (host !== undefined && docker !== undefined)
    problems.push(documentProblem(at, 'a volume has host or dockerVolumeConfiguration, not both'))
  if (docker?.autoprovision && docker.scope === 'task')
    problems.push(
      documentProblem(pointer(at, 'dockerVolumeConfiguration', 'autoprovision'), 'is for scope shared only'),
    )
  for (const label of Object.keys(docker?.labels ?? {}).filter(isReservedLabel))
    problems.push(
      documentProblem(
        pointer(at, 'dockerVolumeConfiguration', 'labels', label),
        'stowage.* and com.amazonaws.ecs.* are reserved',
      ),
    )
  return problems
}
