import { expect, it } from 'vitest'
import { problem } from '../../../engine/errors.ts'
import { keptImages } from '../../../engine/ledger/kept-images.ts'
import { deployment, ledger, service } from './records.ts'

const { document } = deployment(6)
const five = [1, 2, 3, 4, 5].map(n => deployment(n))
const kept = (...before: Parameters<typeof ledger>) => [
  ...(keptImages(document, { ledger: ledger(...before), problems: [] }) ?? []),
]

it('the images of the last 3 deployments are kept, the one that is made now counted', () => {
  expect(kept(...five)).toEqual(['web@sha256:4', 'web@sha256:5'])
})

it('the document says of how many, or that all stay', () => {
  const of = (imageCleanup: typeof document.imageCleanup) =>
    keptImages({ ...document, imageCleanup }, { ledger: ledger(...five), problems: [] })
  expect([...(of({ enabled: true, deployments: 1 }) ?? [])]).toEqual([])
  expect(of({ enabled: true, deployments: 6 })?.size).toBe(5)
  expect(of({ enabled: false, deployments: 3 })).toBeUndefined()
})

it('what a failed deployment was to run goes once another has COMPLETED', () => {
  const failed = deployment(5, { state: 'FAILED', services: { web: service(5, { state: 'FAILED' }) } })
  expect(kept(deployment(4), failed)).toEqual(['web@sha256:4'])
})

it('a service that is in the document no more keeps the images of its last COMPLETED revision', () => {
  const web = deployment(1).document
  const api = { ...web, services: { api: web.services['web'] } } as typeof web
  const services = { api: service(1, { images: { app: 'api@sha256:1' } }) }
  const old = deployment(1, { services, document: api })
  expect(kept(old, ...[2, 3, 4, 5].map(n => deployment(n)))).toContain('api@sha256:1')
})

it('none is removed where the ledger could not be read whole: it may be one that is needed', () => {
  const problems = [problem('LEDGER_UNREADABLE', 'a has an entry that is torn')]
  expect(keptImages(document, { ledger: ledger(...five), problems })).toBeUndefined()
})
