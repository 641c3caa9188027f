import { EngineRefusal } from './engine-refusal.ts'

/** One line of the progress that a pull or an import reports. */
interface ProgressLine {
  readonly id?: string
  readonly status?: string
  readonly error?: string
  readonly errorDetail?: { readonly message?: string }
}

/**
 * Reads a pull's or an import's progress to its end. Errors come inside the stream, after a status of 200:
 * rejects with an EngineRefusal of status 200 then.
 */
export async function followImageStream(
  reply: AsyncIterable<Uint8Array>,
  onProgress: (status: string) => void,
): Promise<void> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of reply) {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) readLine(line, onProgress)
  }
  readLine(rest, onProgress)
}

function readLine(line: string, onProgress: (status: string) => void): void {
  if (line.trim() === '') return
  const progress = parse(line)
  const error = progress.errorDetail?.message ?? progress.error
  if (error !== undefined) throw new EngineRefusal({ status: 200, message: error })
  if (progress.status !== undefined) {
    onProgress(progress.id ? `${progress.id}: ${progress.status}` : progress.status)
  }
}

function parse(line: string): ProgressLine {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return { error: `Docker's progress cannot be read: ${line.slice(0, 200)}` }
  }
}
