import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { containerContract } from './containers.ts'
import { createContract } from './create.ts'
import { engineContract } from './engine.ts'
import { filesContract } from './files.ts'
import { healthContract } from './health.ts'
import { imageContract } from './images.ts'
import { portContract } from './ports.ts'
import { restartContract } from './restarts.ts'
import { settingContract } from './settings.ts'
import { SUBJECTS } from './subjects.ts'
import type { Subject } from './subjects.ts'
import { volumeContract } from './volumes.ts'

const CONTRACTS = [
  engineContract,
  createContract,
  containerContract,
  restartContract,
  healthContract,
  portContract,
  filesContract,
  imageContract,
  volumeContract,
  settingContract,
]

for (const kind of SUBJECTS) {
  const { name, missing } = kind
  describe(`the Docker contract holds on ${name}`, { timeout: 60_000 }, () => {
    if (missing !== undefined && process.env.CI !== 'true') {
      process.stderr.write(`NOT RUN: the Docker contract on ${name}: ${missing}\n`)
      test.skip(`is not here: ${missing}`)
      return
    }
    let subject: Subject | undefined
    const started = () => {
      if (subject === undefined) throw new Error(`${name} did not start`)
      return subject
    }

    beforeAll(async () => {
      subject = await kind.start()
      for (const image of ['web:1', 'sleep:1', 'crash:1', 'oom:1']) {
        await subject.docker.pullImage(`registry.lab:5000/lab/${image}`)
      }
    }, 120_000)
    afterEach(() => subject?.clean(), 60_000)
    afterAll(() => subject?.stop(), 60_000)

    for (const contract of CONTRACTS) contract(started)
  })
}

test('every numbered sentence of the specification has a contract test, and every contract test its sentence', () => {
  const numbers = (text: string, pattern: RegExp) => new Set([...text.matchAll(pattern)].map(m => m[1]))
  const spec = readFileSync(new URL('../../fake/SPEC.md', import.meta.url), 'utf8')
  const files = [
    'containers',
    'create',
    'engine',
    'files',
    'health',
    'images',
    'ports',
    'restarts',
    'settings',
    'volumes',
  ]
  const tests = files.map(f => readFileSync(new URL(`${f}.ts`, import.meta.url), 'utf8')).join('\n')
  expect(numbers(tests, /test\(['"](\w\d+) /g)).toEqual(numbers(spec, /^- \*\*([A-Z]\d+)\*\* /gm))
})
