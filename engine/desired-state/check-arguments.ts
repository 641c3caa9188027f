import type { ContainerDefinition } from './desired-state.generated.ts'
import { type DocumentProblem, documentProblem, pointer } from './problem.ts'

/** The kernel's limit for one argument and for one NAME=value, the NUL at its end counted. */
const MOST_BYTES = 128 * 1024

/** What a container's process is started with, where it is larger than the kernel takes. */
export function checkArguments(at: string, container: ContainerDefinition): DocumentProblem[] {
  const { command = [], entryPoint = [], environment } = container
  const texts = [
    ...command.map((text, i) => ({ here: pointer(at, 'command', i), text })),
    ...entryPoint.map((text, i) => ({ here: pointer(at, 'entryPoint', i), text })),
    ...environment.map(({ name, value }, i) => ({
      here: pointer(at, 'environment', i, 'value'),
      text: `${name}=${value}`,
    })),
  ]
  return texts.flatMap(({ here, text }) =>
    Buffer.byteLength(text) < MOST_BYTES
      ? []
      : [documentProblem(here, 'is larger than a process can be given at once, 128 KiB')],
  )
}
