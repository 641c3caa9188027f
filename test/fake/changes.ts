import { Refusal } from './reply.ts'
import type { ImageSettings } from './world.ts'

/** The settings of an imported image: Dockerfile lines over nothing. Throws Docker's 400 for other commands. */
export function applyChanges(changes: readonly string[]): ImageSettings {
  const settings: ImageSettings = {
    Env: null,
    Cmd: null,
    Entrypoint: null,
    User: '',
    WorkingDir: '',
    Labels: null,
  }
  for (const change of changes) apply(settings, change)
  return settings
}

function apply(settings: ImageSettings, change: string): void {
  const [word = '', rest = ''] = /^\s*(\S+)\s*(.*)$/s.exec(change)?.slice(1) ?? []
  switch (word.toUpperCase()) {
    case 'LABEL':
      settings.Labels = { ...settings.Labels, ...pairs(rest) }
      return
    case 'ENV':
      settings.Env = [...(settings.Env ?? []), ...Object.entries(pairs(rest)).map(([k, v]) => `${k}=${v}`)]
      return
    case 'CMD':
      settings.Cmd = command(rest)
      return
    case 'ENTRYPOINT':
      settings.Entrypoint = command(rest)
      return
    case 'EXPOSE':
      settings.ExposedPorts = {
        ...settings.ExposedPorts,
        ...Object.fromEntries(rest.split(/\s+/).map(p => [p.includes('/') ? p : `${p}/tcp`, {}])),
      }
      return
    case 'USER':
      settings.User = rest
      return
    case 'WORKDIR':
      settings.WorkingDir = rest
      return
    default:
      throw new Refusal(400, `${word.toLowerCase()} is not a valid change command`)
  }
}

/** `a=b "c d"="e f"`: quotes hold words together, a backslash the character after it. */
function pairs(text: string): Record<string, string> {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|\\.|[^\s"\\])+/g) ?? []
  return Object.fromEntries(
    words.map(word => {
      const [name = '', value = ''] = /^((?:"(?:\\.|[^"\\])*"|[^="])*)=(.*)$/s.exec(word)?.slice(1) ?? [
        word,
        '',
      ]
      return [unquote(name), unquote(value)]
    }),
  )
}

function unquote(text: string): string {
  return text.replace(/\\(.)|"/gs, (_, escaped: string | undefined) => escaped ?? '')
}

function command(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return value.map(String)
  } catch {
    // Not JSON: the shell form.
  }
  return ['/bin/sh', '-c', text]
}
