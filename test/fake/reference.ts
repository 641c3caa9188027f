import { Refusal } from './reply.ts'

/** An image reference as Docker shows it: `docker.io/library/` left out. */
export interface Reference {
  repository: string
  /** Exactly one of the two is set. */
  tag?: string
  digest?: string
}

/** Reads `repo`, `repo:tag` or `repo@sha256:…`; no tag is `latest`. Refuses what Docker refuses, with 400. */
export function parseReference(text: string): Reference {
  const at = text.indexOf('@')
  if (at >= 0) {
    const digest = text.slice(at + 1)
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Refusal(400, 'invalid reference format')
    return { repository: repositoryOf(text.slice(0, at).replace(TAG, '')), digest }
  }
  const tag = TAG.exec(text)?.[1]
  return { repository: repositoryOf(text.replace(TAG, '')), tag: tag ?? 'latest' }
}

/** The reference as one string. */
export function formatReference(reference: Reference): string {
  const { repository, tag, digest } = reference
  return digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}`
}

/** A colon after the last slash begins a tag; before it, a registry's port. */
const TAG = /:([\w][\w.-]{0,127})$/

/** A repository without its registry. */
export function pathOf(repository: string): string {
  return repository.replace(/^(localhost|[^/]*[.:][^/]*)\//, '')
}

function repositoryOf(name: string): string {
  const familiar = name.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '')
  const path = pathOf(familiar)
  if (/[A-Z]/.test(path))
    throw new Refusal(400, 'invalid reference format: repository name must be lowercase')
  if (!/^[a-z0-9]+(?:(?:[._-]+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._-]+)[a-z0-9]+)*)*$/.test(path)) {
    throw new Refusal(400, 'invalid reference format')
  }
  return familiar
}
