import { packTar, unpackTar } from 'modern-tar'
import type { ParsedTarEntryWithData } from 'modern-tar'
import { Refusal } from './reply.ts'
import type { FakeContainer, FakeFile, Files } from './world.ts'

/** A tar's files and directories, below a directory. */
export function filesOfTar(entries: readonly ParsedTarEntryWithData[], below = '/'): Files {
  const files: Files = new Map()
  for (const { header, data } of entries) {
    const path = absolute(`${below}/${header.name}`)
    if (path === '/' || (header.type !== 'file' && header.type !== 'directory')) continue
    for (const parent of parents(path)) {
      if (!files.has(parent)) files.set(parent, directory(header.mtime?.getTime() ?? 0))
    }
    files.set(path, {
      kind: header.type,
      mode: header.mode ?? (header.type === 'file' ? 0o644 : 0o755),
      modifiedAt: header.mtime?.getTime() ?? 0,
      content: data ?? new Uint8Array(),
    })
  }
  return files
}

/** A directory of a container, with those above it; what is there stays as it is. */
export function makeDirectory(container: FakeContainer, path: string, now: number): void {
  for (const each of [...parents(absolute(path)), absolute(path)]) {
    if (!container.files.has(each)) container.files.set(each, directory(now))
  }
}

/** PUT /containers/{id}/archive: unpacks into a directory that is there. */
export async function putArchive(container: FakeContainer, path: string, tar: Uint8Array): Promise<void> {
  const target = absolute(path)
  if (requireFile(container, path).kind !== 'directory') {
    throw new Refusal(500, 'extraction point is not a directory')
  }
  for (const [name, file] of filesOfTar(await unpackTar(tar), target)) {
    // A parent that the tar does not name itself is left as it is.
    if (file.kind === 'directory' && container.files.has(name)) continue
    container.files.set(name, file)
  }
}

/** GET /containers/{id}/archive: a file, or a directory and all below it, under its own last name. */
export async function getArchive(
  container: FakeContainer,
  path: string,
): Promise<{ tar: Uint8Array; stat: object }> {
  const target = absolute(path)
  const found = requireFile(container, path)
  const name = target.slice(target.lastIndexOf('/') + 1) || '/'
  const prefix = target === '/' ? '/' : `${target}/`
  const below = [...container.files]
    .filter(([p]) => p.startsWith(prefix))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const entries = [
    entry(found.kind === 'directory' ? `${name.replace(/\/$/, '')}/` : name, found),
    ...below.map(([p, file]) =>
      entry(
        `${name === '/' ? '' : name}/${p.slice(prefix.length)}${file.kind === 'directory' ? '/' : ''}`,
        file,
      ),
    ),
  ]
  const stat = {
    name,
    size: found.content.length,
    mode: found.mode,
    mtime: new Date(found.modifiedAt).toISOString(),
    linkTarget: '',
  }
  return { tar: await packTar(entries), stat }
}

function entry(name: string, file: FakeFile) {
  const header = {
    name,
    type: file.kind,
    mode: file.mode,
    mtime: new Date(file.modifiedAt),
    size: file.content.length,
  }
  return file.kind === 'file' ? { header, body: file.content } : { header }
}

function requireFile(container: FakeContainer, path: string): FakeFile {
  const target = absolute(path)
  const file = target === '/' ? directory(container.createdAt) : container.files.get(target)
  if (file === undefined)
    throw new Refusal(404, `Could not find the file ${path} in container ${container.name}`)
  return file
}

function directory(modifiedAt: number): FakeFile {
  return { kind: 'directory', mode: 0o755, modifiedAt, content: new Uint8Array() }
}

function parents(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`)
}

/** Without `.`, `..`, doubled slashes and a slash at the end. */
function absolute(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}
