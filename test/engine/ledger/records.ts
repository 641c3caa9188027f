import * as fc from 'fast-check'
import type { DeploymentRecord, Ledger, ServiceRecord } from '../../../engine/ledger/record.ts'
import { document, instances } from '../../support/worlds.ts'

/** A document with these services, each of its own task definition at this version. */
export function versions(services: Readonly<Record<string, number>>) {
  const entries = Object.entries(services)
  return document({
    containerInstances: instances('a'),
    taskDefinitions: Object.fromEntries(
      entries.map(([name, version]) => [
        name,
        { containerDefinitions: [{ name: 'app', image: `${name}:${version}` }] },
      ]),
    ),
    services: Object.fromEntries(entries.map(([name]) => [name, { taskDefinition: name }])),
  })
}

/** The n-th deployment: of one service, COMPLETED, unless told otherwise. */
export function deployment(number: number, more: Partial<DeploymentRecord> = {}): DeploymentRecord {
  const names = Object.keys(more.services ?? { web: {} })
  return {
    id: `d${String(number).padStart(3, '0')}`,
    number,
    edition: 2,
    cluster: 'prod',
    started: new Date(number * 60_000).toISOString(),
    ended: new Date(number * 60_000 + 5000).toISOString(),
    who: 'ann@desk',
    command: 'stowage apply',
    state: 'COMPLETED',
    document: versions(Object.fromEntries(names.map(name => [name, number]))),
    services: { web: service(number) },
    removed: [],
    problems: [],
    ...more,
  }
}

/** A service that COMPLETED the revision of this number, unless told otherwise. */
export function service(number: number, more: Partial<ServiceRecord> = {}): ServiceRecord {
  return {
    revision: `r${number}`,
    state: 'COMPLETED',
    images: { app: `web@sha256:${number}` },
    changed: true,
    ...more,
  }
}

export function ledger(...deployments: DeploymentRecord[]): Ledger {
  return { deployments, marks: {} }
}

const DOCUMENT = versions({ web: 1, api: 1 })

/** Deployments of which several have the same id, or the same edition of it. */
const anyDeployment: fc.Arbitrary<DeploymentRecord> = fc
  .record({
    number: fc.integer({ min: 1, max: 6 }),
    edition: fc.integer({ min: 1, max: 3 }),
    who: fc.constantFrom('ann', 'bob'),
    state: fc.constantFrom('IN_PROGRESS', 'COMPLETED', 'FAILED', 'INTERRUPTED'),
    services: fc.dictionary(
      fc.constantFrom('web', 'api'),
      fc.record({
        revision: fc.constantFrom('r1', 'r2'),
        state: fc.constantFrom('IN_PROGRESS', 'COMPLETED', 'FAILED'),
        images: fc.constantFrom({ app: 'x@sha256:1' }, { app: 'x@sha256:2' }),
        changed: fc.boolean(),
      }),
    ),
  })
  .map(({ number, ...more }) => deployment(number, { document: DOCUMENT, ...more }))

export const anyLedger: fc.Arbitrary<Ledger> = fc.record({
  deployments: fc.array(anyDeployment, { maxLength: 8 }),
  marks: fc.dictionary(
    fc.constantFrom('a', 'b'),
    fc.record({
      version: fc.integer({ min: 1, max: 3 }),
      time: fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'),
      who: fc.constantFrom('ann', 'bob'),
      draining: fc.record({
        time: fc.constant('2026-01-01T00:00:00.000Z'),
        who: fc.constantFrom('ann', 'bob'),
      }),
    }),
  ),
})
