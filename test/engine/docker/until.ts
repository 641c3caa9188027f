import { setTimeout as wait } from 'node:timers/promises'

/** Polls until a condition holds; throws after `deadlineMs` (10 s). */
export async function until(holds: () => boolean | Promise<boolean>, deadlineMs = 10_000): Promise<void> {
  const deadline = Date.now() + deadlineMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Not within ${deadlineMs} ms: ${holds.toString()}`)
    await wait(20)
  }
}
