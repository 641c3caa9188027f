import { defineConfig } from 'vitest/config'

/** The tests that a mutant of the pure core has to live through: the pure ones, without those that draw many cases. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: [
      'test/engine/{reconcile,scheduler,query,desired-state,ledger,diff,secrets}/**/*.test.ts',
      'test/engine/*.test.ts',
      'test/properties/found.test.ts',
      'test/properties/placement.test.ts',
    ],
    isolate: false,
    pool: 'threads',
    maxWorkers: 1,
    testTimeout: 60_000,
  },
})
