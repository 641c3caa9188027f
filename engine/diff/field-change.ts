import { canonicalJson } from '../desired-state/canonical.ts'
import type { ContainerDefinition, TaskDefinition } from '../desired-state/desired-state.generated.ts'
import { minimal } from '../desired-state/minimal.ts'
import { showChange } from './show-value.ts'

/** One field of a task definition that is another in its new revision. */
export interface DefinitionChange {
  /** Absent: the field is the task's own. */
  readonly container?: string
  /** ECS's name: memory, environment.PATH, healthCheck.interval; `container` where a whole one comes or goes. */
  readonly field: string
  /** For a person: cut if long, hidden if it may be a secret; `(none)` where there was nothing. */
  readonly from: string
  readonly to: string
}

/** What differs between two task definitions, both with their defaults: the task's own fields, then container by container. */
export function definitionChanges(from: TaskDefinition, to: TaskDefinition): DefinitionChange[] {
  const changes = compare(taskFields(from), taskFields(to))
  const old = new Map(from.containerDefinitions.map(c => [c.name, c]))
  for (const container of to.containerDefinitions) {
    const before = old.get(container.name)
    old.delete(container.name)
    const found = before
      ? compare(containerFields(before), containerFields(container))
      : [{ field: 'container', from: '(none)', to: container.image }]
    changes.push(...found.map(change => ({ container: container.name, ...change })))
  }
  for (const gone of old.values()) {
    changes.push({ container: gone.name, field: 'container', from: gone.image, to: '(none)' })
  }
  changes.push(...orderChange('containerDefinitions', from.containerDefinitions, to.containerDefinitions))
  changes.push(...orderChange('volumes', from.volumes, to.volumes))
  return changes
}

/** Another order of what both have is another revision, too. */
function orderChange(field: string, from: readonly Named[], to: readonly Named[]): DefinitionChange[] {
  const inBoth = (list: readonly Named[], other: readonly Named[]) =>
    list.flatMap(({ name }) => (other.some(o => o.name === name) ? [name] : [])).join(', ')
  const [a, b] = [inBoth(from, to), inBoth(to, from)]
  return a === b ? [] : [{ field, from: a, to: b }]
}

interface Named {
  readonly name: string
}

/** Each field as one text, by its name. */
type Fields = ReadonlyMap<string, string>

function compare(from: Fields, to: Fields): DefinitionChange[] {
  const names = [...to.keys(), ...[...from.keys()].filter(name => !to.has(name))]
  return names.flatMap(field => {
    const [a, b] = [from.get(field), to.get(field)]
    return a === b ? [] : [{ field, ...showChange(field, a, b) }]
  })
}

const TASK_FIELDS_APART = new Set(['family', 'containerDefinitions', 'volumes', 'placementConstraints'])

function taskFields(task: TaskDefinition): Fields {
  const fields = new Map<string, string>()
  addRest(fields, task, TASK_FIELDS_APART)
  for (const volume of task.volumes) {
    const { host, dockerVolumeConfiguration: docker } = volume
    const kind = docker?.scope === 'shared' ? 'shared' : 'lives as long as its task'
    fields.set(`volumes.${volume.name}`, host?.sourcePath ?? kind)
    const { scope: _, ...more } = minimal('Volume', volume).dockerVolumeConfiguration ?? {}
    addValue(fields, `volumes.${volume.name}`, more)
  }
  const constraints = task.placementConstraints.map(c => c.expression)
  if (constraints.length > 0) fields.set('placementConstraints', constraints.join(' and '))
  return fields
}

/** What `containerFields` names by itself, and the container's name. */
const CONTAINER_FIELDS_APART = new Set(
  'name image command entryPoint environment environmentFiles secrets cpu memory memoryReservation portMappings'
    .concat(' healthCheck essential dependsOn startTimeout stopTimeout user workingDirectory dockerLabels')
    .concat(' mountPoints')
    .split(' '),
)

/** In the order in which a person would look for them, then all others. */
function containerFields(c: ContainerDefinition): Fields {
  const fields = new Map<string, string>([['image', c.image]])
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') fields.set(name, value)
  }
  set('command', c.command && canonicalJson(c.command))
  set('entryPoint', c.entryPoint && canonicalJson(c.entryPoint))
  for (const { name, value } of c.environment) fields.set(`environment.${name}`, value)
  set('environmentFiles', c.environmentFiles.map(f => f.value).join(', '))
  for (const { name, valueFrom, deliverAs } of c.secrets) {
    fields.set(`secrets.${name}`, deliverAs === 'file' ? `${valueFrom} (as a file)` : valueFrom)
  }
  set('cpu', String(c.cpu))
  set('memory', c.memory === undefined ? undefined : `${c.memory} MiB`)
  set('memoryReservation', c.memoryReservation === undefined ? undefined : `${c.memoryReservation} MiB`)
  set('portMappings', c.portMappings.map(portText).join(', '))
  for (const [name, value] of Object.entries(c.healthCheck ?? {})) {
    set(
      `healthCheck.${name}`,
      Array.isArray(value) ? canonicalJson(value) : value + (SECONDS.has(name) ? ' s' : ''),
    )
  }
  set('essential', String(c.essential))
  set('dependsOn', c.dependsOn.map(d => `${d.containerName} ${d.condition}`).join(', '))
  set('startTimeout', c.startTimeout === undefined ? undefined : `${c.startTimeout} s`)
  set('stopTimeout', `${c.stopTimeout} s`)
  set('user', c.user)
  set('workingDirectory', c.workingDirectory)
  for (const [name, value] of Object.entries(c.dockerLabels)) fields.set(`dockerLabels.${name}`, value)
  set(
    'mountPoints',
    c.mountPoints.map(m => `${m.sourceVolume}:${m.containerPath}${m.readOnly ? ':ro' : ''}`).join(', '),
  )
  addRest(fields, c, CONTAINER_FIELDS_APART)
  return fields
}

/** All fields but some, so that none is left out that another day adds. */
function addRest(fields: Map<string, string>, of: object, apart: ReadonlySet<string>): void {
  const rest = Object.entries(of).filter(([name]) => !apart.has(name))
  for (const [name, value] of rest.sort(([a], [b]) => (a < b ? -1 : 1))) addValue(fields, name, value)
}

/** Each value inside an object by its own path; what is empty is as good as absent. */
function addValue(fields: Map<string, string>, path: string, value: unknown): void {
  if (typeof value === 'string') fields.set(path, value)
  else if (Array.isArray(value)) {
    if (value.length > 0) fields.set(path, canonicalJson(value))
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) addValue(fields, `${path}.${key}`, inner)
  } else if (value !== undefined) fields.set(path, canonicalJson(value))
}

const SECONDS = new Set(['interval', 'timeout', 'startPeriod'])

/** hostPort:containerPort/protocol, as docker writes it. */
function portText(p: ContainerDefinition['portMappings'][number]): string {
  const names = [p.name, p.appProtocol].filter(n => n !== undefined).join(', ')
  const host = p.hostPort ? `${p.hostPort}:` : ''
  return `${host}${p.containerPortRange ?? p.containerPort}/${p.protocol}${names === '' ? '' : ` (${names})`}`
}
