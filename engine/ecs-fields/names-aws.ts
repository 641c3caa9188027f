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

/** The sources that could take the place of a secret of AWS; one of them reads it there. */
export function sourcesFor(secret: unknown): string {
  const name = member(secret, 'name')
  const { program, rest } = commandFor(String(member(secret, 'valueFrom')))
  // what a shell, or the splitting of the command, would read as more than a name is for a person to write
  const isPlain = /^[\w+=,.@:/!-]+$/.test(rest)
  const exec = isPlain ? ` ${program} keeps it at AWS.` : ''
  return `Name a source: env:${typeof name === 'string' ? name : 'NAME'}, file:PATH, age:PATH#KEY or exec:COMMAND.${exec}`
}

/** What prints a secret by its ARN, with the key of its JSON, or by the name of a parameter. */
function commandFor(valueFrom: string): { program: string; rest: string } {
  const [, id = '', key = ''] =
    /^(arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+)(?::([^:]*):[^:]*:[^:]*)?$/.exec(valueFrom) ?? []
  if (id === '') {
    const name = /^arn:[^:]*:ssm:[^:]*:[^:]*:parameter(\/.+)$/.exec(valueFrom)?.[1] ?? valueFrom
    return {
      program: `exec:aws ssm get-parameter --with-decryption --name ${name} --query Parameter.Value --output text`,
      rest: name,
    }
  }
  const read = `aws secretsmanager get-secret-value --secret-id ${id} --query SecretString --output text`
  return key === ''
    ? { program: `exec:${read}`, rest: id }
    : { program: `exec:sh -c "${read} | jq -r .${key}"`, rest: id + key }
}

export function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
