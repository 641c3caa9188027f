import { packTar, unpackTar } from 'modern-tar'
import type { ParsedTarEntryWithData } from 'modern-tar'
import { Refusal } from './reply.ts'
import type { FakeContainer, FakeFile, Files, World } from './world.ts'

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

/** PUT /containers/{id}/archive: unpacks into a directory that is there, or into a volume that is mounted there. */
export async function putArchive(
  world: World,
  container: FakeContainer,
  path: string,
  tar: Uint8Array,
): Promise<void> {
  const target = absolute(path)
  const seen = filesSeen(world, container)
  if (requireFile(container, seen, path).kind !== 'directory') {
    throw new Refusal(500, 'extraction point is not a directory')
  }
  for (const [name, file] of filesOfTar(await unpackTar(tar), target)) {
    // A parent that the tar does not name itself is left as it is.
    if (file.kind === 'directory' && seen.has(name)) continue
    const { files, path: inside } = placeOf(world, container, name)
    files.set(inside, file)
  }
}

/** GET /containers/{id}/archive: a file, or a directory and all below it, under its own last name. */
export async function getArchive(
  world: World,
  container: FakeContainer,
  path: string,
): Promise<{ tar: Uint8Array; stat: object }> {
  const target = absolute(path)
  const seen = filesSeen(world, container)
  const found = requireFile(container, seen, path)
  const name = target.slice(target.lastIndexOf('/') + 1) || '/'
  const prefix = target === '/' ? '/' : `${target}/`
  const below = [...seen].filter(([p]) => p.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1))
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

/** The container's own files, with what is in its volumes at their mount points. */
function filesSeen(world: World, container: FakeContainer): Files {
  const seen: Files = new Map(container.files)
  for (const { files, target } of volumesOf(world, container)) {
    for (const path of seen.keys()) if (path.startsWith(`${target}/`)) seen.delete(path)
    for (const [path, file] of files) seen.set(`${target}${path}`, file)
  }
  return seen
}

/** Where a file of this path is kept: in a volume, or in the container itself. */
function placeOf(world: World, container: FakeContainer, path: string): { files: Files; path: string } {
  const volume = volumesOf(world, container).find(v => path.startsWith(`${v.target}/`))
  if (volume === undefined) return { files: container.files, path }
  return { files: volume.files, path: path.slice(volume.target.length) }
}

/** Those with a name, the deepest mount points first; what is in the others goes with the container. */
function volumesOf(world: World, { mounts }: FakeContainer): { target: string; files: Files }[] {
  return mounts
    .flatMap(({ source, target, kind, anonymous }) => {
      const volume = kind === 'volume' && !anonymous ? world.volumes.get(source) : undefined
      return volume === undefined ? [] : [{ target: absolute(target), files: volume.files }]
    })
    .sort((a, b) => b.target.length - a.target.length)
}

function requireFile(container: FakeContainer, seen: Files, path: string): FakeFile {
  const target = absolute(path)
  const file = target === '/' ? directory(container.createdAt) : seen.get(target)
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
