import type { Service as ServiceJson } from '../desired-state/document.generated.ts'
import { readJson } from '../desired-state/json-text.ts'
import { parseDesiredState } from '../desired-state/parse.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from '../desired-state/problem.ts'
import { readStrictly, withoutReadOnly } from './read-only.ts'
import { LEFT_OUT, type Note, tidy } from './tidy.ts'
import { unwrapService } from './unwrap.ts'

export interface ServiceImportOptions {
  /** Take what tools print around and into a service for what is meant by it. Default: false; it is refused. */
  readonly lenient?: boolean
  /** Fields and values that nothing here does and that may be left out. Default: none. */
  readonly ignoreUnsupported?: readonly string[]
  /** Where it names none itself. */
  readonly serviceName: string
}

/** A service of ECS as one of a document. Where there are problems it is not one yet. */
export interface ImportedService {
  readonly serviceName: string
  /** The name of its cluster, where it has one. */
  readonly cluster?: string
  /** Its taskDefinition is a family; what ignoreUnsupported leaves out is still there. */
  readonly service: ServiceJson
  readonly problems: readonly DocumentProblem[]
}

/** Reads what CreateService takes, or what describe-services prints: a JSON text or its value. Never throws. */
export function importService(given: unknown, options: ServiceImportOptions): ImportedService {
  const json = readJson(given)
  if (!json.ok) return refused(options, json.problems)
  const unwrapped = unwrapService(json.value)
  if (unwrapped.problem !== undefined) return refused(options, [documentProblem('', unwrapped.problem)])
  const { value, at } = unwrapped
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refused(options, [documentProblem('', 'is no service: that is an object with a taskDefinition')])
  const bare = withoutReadOnly('service', value, at)
  const counted = withoutCount(bare.value, at)
  const tidied = tidy('service', counted.value)
  const notes = [
    ...unwrapped.notes,
    ...bare.notes,
    ...counted.notes,
    ...tidied.notes.map(n => ({ ...n, pointer: at + n.pointer })),
  ]
  const { problems, ...imported } = check(tidied.value as Readonly<Record<string, unknown>>, options)
  return {
    ...imported,
    problems: [
      ...json.problems,
      ...(options.lenient ? [] : notes.map(readStrictly)),
      // with the places that they have in what was given
      ...problems.map(p => ({ ...p, pointer: at + p.pointer })),
    ],
  }
}

function check(
  { cluster, serviceName, ...given }: Readonly<Record<string, unknown>>,
  { ignoreUnsupported = [], serviceName: fallback }: ServiceImportOptions,
): ImportedService {
  const name = typeof serviceName === 'string' ? serviceName : fallback
  const family = familyOf(given['taskDefinition'])
  const { ignoreUnsupported: listed, ...rest } = given
  const ignored = [...(Array.isArray(listed) ? (listed as string[]) : []), ...ignoreUnsupported]
  const service = {
    ...rest,
    ...(family !== undefined && { taskDefinition: family }),
    ...(ignored.length > 0 && { ignoreUnsupported: [...new Set(ignored)] }),
  }
  const fits = /^[A-Za-z0-9_-]{1,255}$/.test(name) && name !== '__proto__'
  const parsed = parseDesiredState({
    schemaVersion: 1,
    cluster: 'import',
    taskDefinitions: { [family ?? 'task']: { containerDefinitions: [{ name: 'any', image: 'any' }] } },
    services: { [fits ? name : 'service']: service },
  })
  return {
    serviceName: name,
    ...(typeof cluster === 'string' && cluster !== '' && { cluster: lastPart(cluster) }),
    // where there are no problems the check has just said that it is one
    service: service as unknown as ServiceJson,
    problems: [
      ...(fits
        ? []
        : [
            documentProblem(
              pointer('', 'serviceName'),
              `must be 1 to 255 letters, digits, - and _, not ${quote(name)}`,
            ),
          ]),
      ...(parsed.ok
        ? []
        : parsed.problems.map(p => ({ ...p, pointer: p.pointer.replace(/^\/services\/[^/]*/, '') }))),
    ],
  }
}

/** describe-services shows a DAEMON service with the number of its tasks, which nobody has asked for. */
function withoutCount(service: object, at: string): { value: object; notes: readonly Note[] } {
  const { desiredCount, ...rest } = service as Readonly<Record<string, unknown>>
  if (rest['schedulingStrategy'] !== 'DAEMON' || desiredCount === undefined)
    return { value: service, notes: [] }
  const note = {
    pointer: pointer(at, 'desiredCount'),
    was: 'what a DAEMON service does not have',
    is: LEFT_OUT,
  }
  return { value: rest, notes: [note] }
}

/** "web" of "web", "web:7" and arn:aws:ecs:…:task-definition/web:7. */
function familyOf(taskDefinition: unknown): string | undefined {
  return typeof taskDefinition === 'string' ? lastPart(taskDefinition).replace(/:\d+$/, '') : undefined
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}

function refused(
  { serviceName }: ServiceImportOptions,
  problems: readonly DocumentProblem[],
): ImportedService {
  return { serviceName, service: { taskDefinition: '' }, problems }
}
