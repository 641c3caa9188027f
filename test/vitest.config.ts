import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    // tests share nothing but modules; without isolation a file costs milliseconds instead of its imports again
    isolate: false,
    pool: 'threads',
    // tests on real hosts wait more than they work: one more than the cores of a small machine
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default', new URL('support/closing-line.ts', import.meta.url).pathname],
  },
})
