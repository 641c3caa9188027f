import { readFile, writeFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import type { Change } from '../engine/change.ts'
import { StowageError } from '../engine/errors.ts'
import { thisOwner } from '../engine/lock/owner.ts'
import { parseSavedPlan, printSavedPlan, type ReadPlan, savePlan } from '../engine/saved-plan/saved-plan.ts'
import { shownPath } from './synthesize.ts'
import type { Terminal } from './terminal.ts'

/** Writes what was planned into a file. `folder`: the document's. @throws OUTPUT_FAILED */
export async function writeSavedPlan(
  terminal: Terminal,
  file: string,
  folder: string,
  change: Change,
): Promise<void> {
  const { cwd } = terminal
  const path = resolve(cwd, file)
  const time = new Date(terminal.now())
  const plan = savePlan(change, {
    made: time.toISOString(),
    by: thisOwner('', '', time).who,
    folder: relative(dirname(path), folder) || '.',
  })
  try {
    await writeFile(path, printSavedPlan(plan))
  } catch (cause) {
    throw new StowageError('OUTPUT_FAILED', `the plan cannot be written to ${shownPath(path, cwd)}`, {
      cause,
    })
  }
}

/** A plan from a file, and the folder that its sources of secrets are relative to. @throws PLAN_INVALID */
export async function readSavedPlan(
  { cwd }: Terminal,
  file: string,
): Promise<{ readonly plan: ReadPlan; readonly folder: string }> {
  const path = resolve(cwd, file)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new StowageError('PLAN_INVALID', `${shownPath(path, cwd)} cannot be read`, { cause })
  }
  try {
    const plan = parseSavedPlan(text)
    return { plan, folder: resolve(dirname(path), plan.folder) }
  } catch (error) {
    if (!(error instanceof StowageError)) throw error
    const message = `${shownPath(path, cwd)} cannot be applied: ${error.message}`
    throw new StowageError(error.code, message, { cause: error })
  }
}
