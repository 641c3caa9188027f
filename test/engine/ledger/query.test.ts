import { describe, expect, it } from 'vitest'
import { EMPTY_LEDGER } from '../../../engine/ledger/record.ts'
import {
  findDeployment,
  historyOf,
  imagesNeeded,
  lastCompleted,
  nextNumber,
} from '../../../engine/ledger/query.ts'
import { deployment, ledger, service, versions } from './records.ts'

describe('the last COMPLETED revision of a service', () => {
  it('is that of the last deployment in which it COMPLETED, with its task definition and images', () => {
    const failed = deployment(3, { state: 'FAILED', services: { web: service(3, { state: 'FAILED' }) } })
    expect(lastCompleted(ledger(deployment(1), deployment(2), failed), 'web')).toMatchObject({
      deployment: 'd002',
      family: 'web',
      revision: 'r2',
      taskDefinition: { containerDefinitions: [{ image: 'web:2' }] },
      images: { app: 'web@sha256:2' },
    })
  })

  it('counts also where the deployment as a whole failed', () => {
    const services = { web: service(2), api: service(2, { state: 'FAILED' }) }
    const mixed = deployment(2, { state: 'FAILED', services })
    expect(lastCompleted(ledger(deployment(1), mixed), 'web')?.revision).toBe('r2')
  })

  it('is none that was left again in the same deployment', () => {
    const undone = deployment(2, { services: { web: service(2, { rolledBackTo: 'r1' }) } })
    expect(lastCompleted(ledger(deployment(1), undone), 'web')?.revision).toBe('r1')
  })

  it('is nothing of a task that runs once, which no service goes back to', () => {
    const services = { web: service(1), migrate: service(1) }
    const once = deployment(1, { services, document: versions({ web: 1 }) })
    expect(lastCompleted(ledger(once), 'migrate')).toBeUndefined()
    expect(lastCompleted(ledger(once), 'web')?.revision).toBe('r1')
  })

  it('is nothing where the document of then does not have its task definition', () => {
    const document = { ...versions({ web: 1 }), taskDefinitions: {} }
    expect(lastCompleted(ledger(deployment(1, { document })), 'web')).toBeUndefined()
  })

  it('is nothing where it never COMPLETED', () => {
    expect(lastCompleted(ledger(deployment(1)), 'api')).toBeUndefined()
    expect(lastCompleted(ledger(deployment(1)), 'constructor')).toBeUndefined()
    expect(lastCompleted(EMPTY_LEDGER, 'web')).toBeUndefined()
  })
})

it('the history of a service is its last COMPLETED revision, and every revision that was tried', () => {
  const failed = deployment(3, { state: 'FAILED', services: { web: service(3, { state: 'FAILED' }) } })
  const history = historyOf(ledger(deployment(1), deployment(2), failed))
  expect([...history.keys()]).toEqual(['web'])
  expect(history.get('web')?.completed?.revision).toBe('r2')
  expect([...(history.get('web')?.tried ?? [])]).toEqual(['r1', 'r2', 'r3'])
})

describe('the images that going back may need', () => {
  const old = [1, 2, 3, 4, 5].map(n => deployment(n))

  it('are those of the last 3 COMPLETED deployments', () => {
    expect(imagesNeeded(ledger(...old))).toEqual(['web@sha256:3', 'web@sha256:4', 'web@sha256:5'])
    expect(imagesNeeded(ledger(...old), 1)).toEqual(['web@sha256:5'])
  })

  it('count deployments of the same images, such as drains, as one', () => {
    const drain = deployment(6, { services: deployment(5).services })
    expect(imagesNeeded(ledger(...old, drain), 2)).toEqual(['web@sha256:4', 'web@sha256:5'])
  })

  it('count them as one in whatever order their services are', () => {
    const [web, api] = [service(6), service(6, { images: { app: 'api@sha256:6' } })]
    const both = [deployment(6, { services: { web, api } }), deployment(7, { services: { api, web } })]
    expect(imagesNeeded(ledger(...old, ...both), 2)).toEqual(['api@sha256:6', 'web@sha256:5', 'web@sha256:6'])
  })

  it('are those of the last deployment alone where no other is to be gone back to', () => {
    expect(imagesNeeded(ledger(...old), 0)).toEqual(['web@sha256:5'])
  })

  it('are also those of a service that was last COMPLETED long ago, and of the last deployment', () => {
    const services = { api: service(0, { images: { app: 'api@sha256:1' } }) }
    const failed = deployment(6, { state: 'FAILED', services: { web: service(6, { state: 'FAILED' }) } })
    expect(imagesNeeded(ledger(deployment(0, { services }), ...old, failed), 1)).toEqual([
      'api@sha256:1',
      'web@sha256:5',
      'web@sha256:6',
    ])
  })
})

describe('a deployment that is looked for', () => {
  const known = ledger(deployment(1, { id: '0abc01' }), deployment(2, { id: '0abc22' }))

  it('is found by its id, or by what of it no other has', () => {
    expect(['0abc01', '0abc2', '22'].map(text => findDeployment(known, text)?.number)).toEqual([1, 2, 2])
  })

  it('is found by its whole id also where another begins with it', () => {
    const alike = ledger(deployment(1, { id: 'abc' }), deployment(2, { id: 'abcdef' }))
    expect(findDeployment(alike, 'abc')?.number).toBe(1)
  })

  it('is not found by nothing, also where there is only one', () => {
    expect(findDeployment(ledger(deployment(1)), '')).toBeUndefined()
  })

  it('is not found by what several have, nor by nothing', () => {
    expect(['0abc', '', '9'].map(text => findDeployment(known, text))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})

it('a new deployment has a number after all that are known', () => {
  expect([nextNumber(EMPTY_LEDGER), nextNumber(ledger(deployment(7)))]).toEqual([1, 8])
})
