/**
 * Before the tests: installs the packages that the lab needs, or says in one line why there can be no lab here and
 * ends with 1.
 */
import { ensurePackages, labSupport } from './packages.ts'

try {
  const support = labSupport()
  if (support.ok) await ensurePackages(line => console.error(line))
  else {
    console.log(support.reason)
    process.exitCode = 1
  }
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
