import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { parseSource, type SecretSource } from '../secrets/source.ts'
import { type AgeOptions, readAge } from './read-age.ts'
import { codeOf, MOST_BYTES, readWhole, type SourceAnswer, TOO_LARGE } from './read-whole.ts'

/** What sources are read with. Commands run in the folder of the document. */
export interface SourceOptions extends AgeOptions {
  readonly signal?: AbortSignal
}

const COMMAND_TIMEOUT_MS = 60_000

/** Reads one source. Never throws; an empty value is none, since it is what is left where a secret is missing. */
export async function readSource(text: string, options: SourceOptions): Promise<SourceAnswer> {
  const parsed = parseSource(text)
  if (!parsed.ok) return { refusal: parsed.message }
  const answer = await read(parsed.source, options)
  if ('refusal' in answer) return answer
  if (answer.value.length === 0) return { refusal: 'is empty' }
  return answer.value.length > MOST_BYTES ? { refusal: TOO_LARGE } : answer
}

async function read(source: SecretSource, options: SourceOptions): Promise<SourceAnswer> {
  switch (source.kind) {
    case 'env': {
      const value = options.env[source.name]
      return value === undefined ? { refusal: 'is not set' } : { value: Buffer.from(value) }
    }
    case 'file':
      return await readWhole(resolve(options.folder, source.path))
    case 'exec':
      return await run(source, options)
    case 'age':
      return await readAge(source, options)
  }
}

/** What it prints on stdout, without the line end that is last; what it says on stderr may be secret, too. */
async function run(
  { program, args }: SecretSource & { kind: 'exec' },
  { folder, env, signal }: SourceOptions,
): Promise<SourceAnswer> {
  const limits = { timeout: COMMAND_TIMEOUT_MS, maxBuffer: MOST_BYTES, encoding: 'buffer' } as const
  return await new Promise(done => {
    const child = execFile(
      program,
      args,
      { ...limits, cwd: folder, env, ...(signal && { signal }) },
      (error, stdout) => {
        if (!error) done({ value: withoutLineEnd(stdout) })
        else if (typeof error.code === 'number') done({ refusal: `ended with ${error.code}` })
        else if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') done({ refusal: TOO_LARGE })
        else if (error.killed) done({ refusal: `did not end within ${COMMAND_TIMEOUT_MS / 1000} s` })
        else if (error.signal) done({ refusal: `was ended by ${error.signal}` })
        else done({ refusal: `cannot be run (${codeOf(error)})` })
      },
    )
    // a command that asks gets no answer, and does not wait for one
    child.stdin?.on('error', () => undefined)
    child.stdin?.end()
  })
}

/** A value without one line end at its end. */
export function withoutLineEnd(value: Buffer): Buffer {
  if (value.at(-1) !== 0x0a) return value
  return value.subarray(0, value.at(-2) === 0x0d ? -2 : -1)
}
