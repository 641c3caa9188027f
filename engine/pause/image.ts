import { createHash } from 'node:crypto'
import type { Architecture } from './elf.ts'
import { pauseProgram } from './program.ts'

const REPOSITORY = 'stowage/pause'
const TAG = tagOf(['x86_64', 'arm64'])

/** What pause containers are made of. No registry has it: it is imported. The tag is a digest of the program. */
export const PAUSE_IMAGE = `${REPOSITORY}:${TAG}`

/** An image of one file, and how it is started. */
export interface ProgramImage {
  readonly repository: string
  readonly tag: string
  readonly path: string
  readonly program: Uint8Array
  /** Lines of a Dockerfile. */
  readonly changes: readonly string[]
}

/** The pause image for a processor, in ECS's words; undefined where there is none. */
export function pauseImage(architecture: string): ProgramImage | undefined {
  if (architecture !== 'x86_64' && architecture !== 'arm64') return undefined
  const path = 'pause'
  return {
    repository: REPOSITORY,
    tag: TAG,
    path,
    program: pauseProgram(architecture),
    changes: [`ENTRYPOINT ["/${path}"]`],
  }
}

function tagOf(architectures: readonly Architecture[]): string {
  const hash = createHash('sha256')
  for (const architecture of architectures) hash.update(pauseProgram(architecture))
  return hash.digest('hex').slice(0, 12)
}
