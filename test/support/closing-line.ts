import type { Reporter, TestModule } from 'vitest/node'

/** Ends the run with `N passed, N failed` alone on a line; a file that could not be run counts as a failure. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state !== 'pending') count[state]++
      }
      const broken =
        module.errors().length > 0 || [...module.children.allSuites()].some(s => s.errors().length > 0)
      if (broken) count.failed++
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
    console.log(`\n${count.passed} passed, ${count.failed} failed${skipped}`)
  }
}
