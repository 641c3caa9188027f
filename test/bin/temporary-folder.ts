import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made = new Set<string>()

/** A new folder with these files; it goes when the tests are over. */
export function temporaryFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-test-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  if (made.size === 0) process.once('exit', removeAll)
  made.add(folder)
  return folder
}

function removeAll(): void {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
}
