import { pointer } from '../desired-state/problem.ts'
import type { Note } from './tidy.ts'

export interface Unwrapped {
  readonly value: unknown
  /** JSON pointer of it in what was given. */
  readonly at: string
  readonly notes: readonly Note[]
  /** Why it cannot be told which one is meant. */
  readonly problem?: string
}

const TERRAFORM_TASK = 'aws_ecs_task_definition'

/** What a task definition is wrapped in by the tools that print one. */
const TASK_WRAPPINGS: readonly Wrapping[] = [
  { keys: ['taskDefinition'], of: 'describe-task-definition' },
  { keys: ['Resources', '*', 'Properties'], type: 'AWS::ECS::TaskDefinition', of: 'CloudFormation' },
  { keys: ['Properties'], type: 'AWS::ECS::TaskDefinition', of: 'CloudFormation' },
  { keys: ['resource', 'aws_ecs_task_definition', '*'], of: 'Terraform' },
  { keys: ['aws_ecs_task_definition', '*'], of: 'Terraform' },
  // terraform show -json, and its state
  { keys: ['values', 'root_module', 'resources', '*', 'values'], type: TERRAFORM_TASK, of: 'Terraform' },
  { keys: ['resources', '*', 'instances', '*', 'attributes'], type: TERRAFORM_TASK, of: 'Terraform' },
]

const SERVICE_WRAPPINGS: readonly Wrapping[] = [
  { keys: ['service'], of: 'create-service' },
  { keys: ['services', '*'], of: 'describe-services' },
  { keys: ['Resources', '*', 'Properties'], type: 'AWS::ECS::Service', of: 'CloudFormation' },
  { keys: ['Properties'], type: 'AWS::ECS::Service', of: 'CloudFormation' },
  { keys: ['resource', 'aws_ecs_service', '*'], of: 'Terraform' },
]

interface Wrapping {
  /** The way in; * is any key. */
  readonly keys: readonly string[]
  /** What `Type` or `type` of what the first * has found says; without *, of what was given. */
  readonly type?: string
  readonly of: string
}

/** Takes a task definition out of what tools print around it; what is in nothing stays as it is. */
export function unwrapTaskDefinition(value: unknown): Unwrapped {
  const { value: inner, at, notes, problem } = unwrap(value, TASK_WRAPPINGS)
  if (problem !== undefined) return { value: inner, at, notes, problem }
  if (isListOfContainers(inner)) {
    const note = { pointer: at, was: 'a list of containers', is: 'a task definition of them' }
    return { value: { containerDefinitions: inner }, at, notes: [...notes, note] }
  }
  const withTags = tagsBeside(value, inner)
  const parsed = containersInText(withTags, at)
  const volumes = volumesOfTerraform(parsed.value, at)
  return { value: volumes.value, at, notes: [...notes, ...parsed.notes, ...volumes.notes] }
}

/** The same for a service. */
export function unwrapService(value: unknown): Unwrapped {
  return unwrap(value, SERVICE_WRAPPINGS)
}

function unwrap(value: unknown, wrappings: readonly Wrapping[]): Unwrapped {
  for (const { keys, type, of } of wrappings) {
    const found = enter(value, keys, type)
    const [only] = found
    if (!only) continue
    if (found.length > 1) {
      const places = found.map(f => f.at).join(', ')
      return {
        value,
        at: '',
        notes: [],
        problem: `there are ${found.length} in it (${places}): take one out`,
      }
    }
    return { ...only, notes: [{ pointer: only.at, was: `in what ${of} prints`, is: 'taken out of it' }] }
  }
  return { value, at: '', notes: [] }
}

/** What lies at the end of every way that fits. */
function enter(
  value: unknown,
  keys: readonly string[],
  type: string | undefined,
): { value: object; at: string }[] {
  let places = [{ value, at: '' }]
  const typed = type === undefined ? -1 : keys.indexOf('*') + 1
  for (const [depth, key] of keys.entries()) {
    places = places.flatMap(place => {
      if (!isObject(place.value) || (depth === typed && typeOf(place.value) !== type)) return []
      return Object.entries(place.value).flatMap(([name, member]) =>
        key === '*' || key === name ? [{ value: member as unknown, at: pointer(place.at, name) }] : [],
      )
    })
  }
  return places.filter((place): place is { value: object; at: string } => isObject(place.value))
}

function typeOf(resource: object): unknown {
  return Reflect.get(resource, 'Type') ?? Reflect.get(resource, 'type')
}

function isListOfContainers(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(v => isObject(v) && ['image', 'Image'].some(key => Object.hasOwn(v, key)))
  )
}

/** describe-task-definition prints the tags beside the task definition. */
function tagsBeside(outer: unknown, inner: unknown): unknown {
  if (outer === inner || !isObject(outer) || !isObject(inner) || Object.hasOwn(inner, 'tags')) return inner
  const tags: unknown = Reflect.get(outer, 'tags')
  return Array.isArray(tags) && tags.length > 0 ? { ...inner, tags: tags as unknown[] } : inner
}

/** Terraform has the containers as JSON in a text. */
function containersInText(value: unknown, at: string): { value: unknown; notes: readonly Note[] } {
  if (!isObject(value)) return { value, notes: [] }
  const key = ['container_definitions', 'containerDefinitions', 'ContainerDefinitions'].find(
    k => typeof Reflect.get(value, k) === 'string',
  )
  if (key === undefined) return { value, notes: [] }
  try {
    const containers: unknown = JSON.parse(String(Reflect.get(value, key)))
    const note = { pointer: pointer(at, key), was: 'JSON in a text', is: 'a list of containers' }
    return { value: { ...value, [key]: containers }, notes: [note] }
  } catch {
    return { value, notes: [] }
  }
}

/** Terraform has a block volume for each, with the path of the host in it. */
function volumesOfTerraform(value: unknown, at: string): { value: unknown; notes: readonly Note[] } {
  if (!isObject(value) || !Object.hasOwn(value, 'container_definitions')) return { value, notes: [] }
  const { volume, ...rest } = value as Readonly<Record<string, unknown>>
  if (!Array.isArray(volume)) return { value, notes: [] }
  const volumes = volume.map((one: unknown) => {
    if (!isObject(one)) return one
    const { host_path: sourcePath, ...others } = one as Readonly<Record<string, unknown>>
    return typeof sourcePath === 'string' && sourcePath !== '' ? { ...others, host: { sourcePath } } : others
  })
  return {
    value: { ...rest, volumes },
    notes: [{ pointer: pointer(at, 'volume'), was: 'blocks of Terraform', is: 'volumes' }],
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
