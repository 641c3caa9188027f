import type { RefusedValue } from './field.ts'

/** Of every field that names a secret. */
export const NAMES_AWS: Pick<RefusedValue, 'value' | 'why'> = {
  value: 'aws',
  why: 'it names a secret of AWS by its ARN or name, which is not reached from here',
}

/** An ARN, or a bare name as of an SSM parameter: what has no scheme. */
export function isOfAws(source: unknown): boolean {
  return typeof source === 'string' && source !== '' && !/^(?!arn:)[a-z]+:/.test(source)
}

export function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
