import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Instrumenter } from '@stryker-mutator/instrumenter'
import type { Mutant } from './protocol.ts'

const COPIED = ['engine', 'lib', 'bin', 'test', 'docs', 'package.json', 'tsconfig.json']
const silent = {
  isTraceEnabled: no,
  isDebugEnabled: no,
  isInfoEnabled: no,
  isWarnEnabled: no,
  isErrorEnabled: no,
}
const logger = {
  ...silent,
  isFatalEnabled: no,
  trace: no,
  debug: no,
  info: no,
  warn: no,
  error: no,
  fatal: no,
}

/** A copy of the project in `folder`, which is empty, in which each of `files` holds all of its mutants, switched off. */
export async function makeSandbox(root: string, folder: string, files: string[]): Promise<Mutant[]> {
  for (const each of COPIED) cpSync(join(root, each), join(folder, each), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const sources = files.map(name => ({ name, mutate: true, content: readFileSync(join(root, name), 'utf8') }))
  const options = { plugins: null, excludedMutations: [], ignorers: [], noHeader: false }
  const instrumented = await new Instrumenter(logger).instrument(sources, options)
  for (const { name, content } of instrumented.files) writeFileSync(join(folder, name), content)
  return instrumented.mutants as Mutant[]
}

function no(): false {
  return false
}
