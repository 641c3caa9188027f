import { readdir, readFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import type { DesiredState } from '../engine/desired-state/desired-state.generated.ts'
import { type DocumentProblem, parseDesiredState } from '../engine/desired-state/parse.ts'
import { type ErrorCode, type Problem, problem, StowageError } from '../engine/errors.ts'
import type { Settings } from './settings.ts'

/** A desired-state document as it lies on the disk. */
export interface DocumentFile {
  readonly path: string
  /** By its content; by the file's name where the content does not say. */
  readonly cluster: string
  readonly text: string
  readonly problems: readonly DocumentProblem[]
  /** What ignoreUnsupported has left out of it. */
  readonly warnings: readonly DocumentProblem[]
  /** Absent where there are problems. */
  readonly state?: DesiredState
}

/** The documents that were named: one file, or those of the output folder, sorted by name. @throws DOCUMENT_NOT_FOUND */
export async function readDocuments(settings: Settings, cwd: string): Promise<DocumentFile[]> {
  if (settings.document !== undefined) return [await readDocument(settings.document)]
  const files = await documentsIn(settings.out)
  if (files.length > 0) return files
  throw new StowageError(
    'DOCUMENT_NOT_FOUND',
    `there is no document in ${relative(cwd, settings.out) || '.'}`,
  )
}

/** The one document to work on, valid. @throws DOCUMENT_NOT_FOUND, CLUSTER_UNKNOWN, DOCUMENT_INVALID */
export async function readClusterDocument(
  settings: Settings,
  cwd: string,
): Promise<{ readonly path: string; readonly state: DesiredState; readonly warnings: readonly Problem[] }> {
  const files = chosen(await readDocuments(settings, cwd), settings)
  const [file] = files
  if (!file || files.length > 1) throw severalClusters(files)
  if (!file.state) throw invalidDocuments([file], cwd)
  return { path: file.path, state: file.state, warnings: documentProblems(file.warnings) }
}

/** Those of the cluster that was named, all where none was. @throws CLUSTER_UNKNOWN */
export function chosen(
  files: readonly DocumentFile[],
  { cluster }: Pick<Settings, 'cluster'>,
): readonly DocumentFile[] {
  if (cluster === undefined) return files
  const found = files.filter(f => f.cluster === cluster)
  if (found.length > 0) return found
  const known = files.map(f => f.cluster).join(', ')
  throw new StowageError(
    'CLUSTER_UNKNOWN',
    `no document is of the cluster ${JSON.stringify(cluster)}; there are ${known}`,
  )
}

/**
 * The documents of a folder, also those that are invalid; [] where there is no such folder. Other JSON files may lie
 * beside them, unless `all` are meant to be documents.
 */
export async function documentsIn(folder: string, all = false): Promise<DocumentFile[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new StowageError('DOCUMENT_NOT_FOUND', `the folder ${folder} cannot be read: ${error.message}`, {
      cause: error,
    })
  })
  const paths = names
    .filter(n => n.endsWith('.json'))
    .sort()
    .map(name => join(folder, name))
  const files = await Promise.all(paths.map(readDocument))
  return files.filter(file => all || LOOKS_LIKE_A_DOCUMENT.test(file.text))
}

const LOOKS_LIKE_A_DOCUMENT = /"(?:schemaVersion|containerInstances|taskDefinitions)"\s*:/

/** DOCUMENT_INVALID with every problem of every file. */
export function invalidDocuments(files: readonly DocumentFile[], cwd: string): StowageError {
  const problems = files.flatMap(file => documentProblems(file.problems, relative(cwd, file.path)))
  const paths = files.map(f => relative(cwd, f.path)).join(', ')
  const count = problems.length === 1 ? '1 error' : `${problems.length} errors`
  return new StowageError('DOCUMENT_INVALID', `${count} in ${paths}; no host was contacted`, { problems })
}

/** Problems of a document as ones of the catalogue; `file` goes before the place of each. */
export function documentProblems(
  problems: readonly DocumentProblem[],
  file = '',
  otherwise: ErrorCode = 'DOCUMENT_INVALID',
): Problem[] {
  return problems.map(({ pointer, message, code }) => {
    const place = [file, pointer].filter(text => text !== '').join(' ')
    return problem(code ?? otherwise, place === '' ? message : `${place}: ${message}`)
  })
}

async function readDocument(path: string): Promise<DocumentFile> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new StowageError('DOCUMENT_NOT_FOUND', `${path} cannot be read`, { cause })
  }
  const parsed = parseDesiredState(text)
  if (!parsed.ok)
    return { path, cluster: basename(path, '.json'), text, problems: parsed.problems, warnings: [] }
  const { state, warnings } = parsed
  return { path, cluster: state.cluster, text, problems: [], warnings, state }
}

function severalClusters(files: readonly DocumentFile[]): StowageError {
  const names = files.map(f => f.cluster).join(', ')
  return new StowageError(
    'CLUSTER_UNKNOWN',
    `there are ${files.length} clusters, and none was named: ${names}`,
  )
}
