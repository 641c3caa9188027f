import { pointer } from '../desired-state/problem.ts'
import type { Note } from './tidy.ts'

/**
 * A task definition in the one form that the constructs give it too: lists whose order means nothing are sorted, and
 * a health check begins with CMD or CMD-SHELL, which ECS takes it to where it does not.
 */
export function completed(task: object): { readonly value: object; readonly notes: readonly Note[] } {
  const notes: Note[] = []
  const containers = member(task, 'containerDefinitions')
  const value = {
    ...task,
    ...sorted(task, 'tags', 'key'),
    ...(Array.isArray(containers) && {
      containerDefinitions: containers.map((container: unknown, i) => {
        if (!isObject(container)) return container
        const check = withKind(member(container, 'healthCheck'))
        if (check.note)
          notes.push({
            pointer: pointer('/containerDefinitions', i, 'healthCheck', 'command'),
            ...check.note,
          })
        const log = member(container, 'logConfiguration')
        return {
          ...container,
          ...sorted(container, 'extraHosts', 'hostname'),
          ...(isObject(log) && { logConfiguration: { ...log, ...sorted(log, 'secretOptions', 'name') } }),
          ...(check.note && { healthCheck: check.value }),
        }
      }),
    }),
  }
  return { value, notes }
}

function withKind(check: unknown): { value: unknown; note?: Omit<Note, 'pointer'> } {
  const command: unknown = member(check, 'command')
  const [first, ...rest]: readonly unknown[] = Array.isArray(command) ? command : []
  if (!isObject(check) || typeof first !== 'string') return { value: check }
  const kind = first.toUpperCase()
  if (kind !== 'CMD' && kind !== 'CMD-SHELL')
    return {
      value: { ...check, command: ['CMD', first, ...rest] },
      note: { was: 'without CMD or CMD-SHELL before it', is: '["CMD", …]' },
    }
  return kind === first
    ? { value: check }
    : { value: { ...check, command: [kind, ...rest] }, note: { was: first, is: kind } }
}

/** A list of a value sorted by one of the members of its elements; nothing where it is no list. */
function sorted(value: object, field: string, by: string): object {
  const list = member(value, field)
  if (!Array.isArray(list)) return {}
  const key = (element: unknown) => String(member(element, by))
  return { [field]: list.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0)) as unknown[] }
}

function member(value: unknown, key: string): unknown {
  return isObject(value) ? Reflect.get(value, key) : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
