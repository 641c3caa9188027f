import { StowageError } from '../errors.ts'

/** The oldest API that is spoken: Docker Engine 20.10. */
export const OLDEST_API = '1.41'
/** The newest API that is known: Docker Engine 29. */
export const NEWEST_API = '1.52'

/**
 * The API version to speak, such as `1.47`, from what `GET /version` says of the Engine.
 * Throws DOCKER_TOO_OLD, and DOCKER_ERROR where the answer is not Docker's.
 */
export function negotiateApiVersion(engine: {
  readonly ApiVersion?: unknown
  readonly MinAPIVersion?: unknown
  readonly Version?: unknown
}): string {
  const newest = minor(engine.ApiVersion)
  if (newest === undefined)
    throw new StowageError('DOCKER_ERROR', 'What answers on the Docker socket is not Docker.')
  if (newest < number(OLDEST_API)) {
    throw new StowageError(
      'DOCKER_TOO_OLD',
      `Docker Engine ${String(engine.Version)} speaks API ${String(engine.ApiVersion)}; ${OLDEST_API} (Docker 20.10) is needed.`,
    )
  }
  // An engine that has dropped all that we know is spoken to in its oldest words.
  return `1.${Math.max(Math.min(newest, number(NEWEST_API)), minor(engine.MinAPIVersion) ?? 0)}`
}

function minor(version: unknown): number | undefined {
  const match = /^1\.(\d{1,4})$/.exec(String(version))
  return match ? Number(match[1]) : undefined
}

function number(version: string): number {
  return Number(version.slice(2))
}
