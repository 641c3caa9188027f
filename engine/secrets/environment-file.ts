/**
 * The variables of an environment file, as ECS's agent reads them: a line is NAME=value, `#` at its beginning makes it
 * a comment; quotes and blanks are part of the value; a line without "=", a name or a value sets nothing; of a name
 * that stands twice the last line holds.
 */
export function parseEnvironmentFile(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf('=')
    if (line.startsWith('#') || at < 1 || at === line.length - 1) continue
    variables.set(line.slice(0, at), line.slice(at + 1))
  }
  return variables
}
