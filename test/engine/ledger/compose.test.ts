import { describe, expect, it } from 'vitest'
import { problem } from '../../../engine/errors.ts'
import type { Report } from '../../../engine/events.ts'
import {
  type Beginning,
  begunRecord,
  endedRecord,
  isOpen,
  isRecorded,
  runsTheSame,
  settledRecord,
} from '../../../engine/ledger/compose.ts'
import { EMPTY_LEDGER } from '../../../engine/ledger/record.ts'
import type { ServiceState } from '../../../engine/reconcile/service-state.ts'
import { changeContainers, document, emptyHosts, instances, settledWorld } from '../../support/worlds.ts'
import { deployment, ledger, service, versions } from './records.ts'

const hosts = emptyHosts('a')
const NOW = '2026-01-05T00:00:00.000Z'

/** A service whose new revision is r2, unless told otherwise. */
function state(name: string, parts: Partial<ServiceState> = {}): ServiceState {
  const counts = { desired: 1, running: 1, healthy: 1, current: 1, pending: 0, outdated: 0, presumed: 0 }
  const images = { app: `${name}@sha256:2` }
  const rest = { ...counts, failures: 0, failing: [], rollout: 'COMPLETED' as const }
  return { service: name, schedulingStrategy: 'REPLICA', revision: 'r2', images, ...rest, ...parts }
}

function begin(parts: Partial<Beginning> = {}, known = EMPTY_LEDGER) {
  const about = { id: 'd9', who: 'ann@desk', command: 'stowage apply', started: NOW }
  const changed = new Set(['web'])
  const rest = { desired: versions({ web: 2 }), observed: hosts, services: [state('web')], changed }
  return begunRecord(known, { ...about, ...rest, ...parts })
}

describe('a deployment that begins', () => {
  it('is written with its document, and with each service on its way to its revision', () => {
    const services = [state('web'), state('api')]
    const desired = versions({ web: 2, api: 2 })
    expect(begin({ services, desired })).toStrictEqual({
      id: 'd9',
      number: 1,
      edition: 1,
      cluster: 'prod',
      started: NOW,
      who: 'ann@desk',
      command: 'stowage apply',
      state: 'IN_PROGRESS',
      document: desired,
      services: {
        web: { revision: 'r2', state: 'IN_PROGRESS', images: { app: 'web@sha256:2' }, changed: true },
        api: { revision: 'r2', state: 'IN_PROGRESS', images: { app: 'api@sha256:2' }, changed: false },
      },
      removed: [],
      problems: [],
    })
  })

  it('has a number after all that are known', () => {
    expect(begin({}, ledger(deployment(4), deployment(7))).number).toBe(8)
  })

  it('says of which commit it is, which saved plan it carries out, and which deployment it goes back to', () => {
    const more = { commit: { id: 'abc', dirty: true }, plan: 'digest', returnsTo: 'd001' }
    expect(begin(more)).toMatchObject(more)
  })

  describe('where something runs', () => {
    const before = versions({ web: 1, api: 1, old: 1 })
    const observed = settledWorld(before, hosts)
    const revisionOf = (name: string) => {
      const [a] = Object.values(observed.instances)
      const found = a?.reachable ? a.containers.find(c => c.identity.service === name) : undefined
      return found?.identity.revision ?? expect.fail()
    }

    it('says from which revision a service comes, where that is another', () => {
      const services = [state('web'), state('api', { revision: revisionOf('api') })]
      const { web, api } = begin({ observed, desired: versions({ web: 2, api: 1 }), services }).services
      expect(web?.from).toBe(revisionOf('web'))
      expect(api).not.toHaveProperty('from')
    })

    it('has what runs and is in the document no more as removed, by name', () => {
      expect(begin({ observed }).removed).toEqual(['api', 'old'])
    })

    it('does not have as removed what no longer runs', () => {
      const ended = changeContainers(
        observed,
        c => c.identity.service === 'old',
        c => ({ ...c, status: 'exited', exitCode: 0 }),
      )
      expect(begin({ observed: ended }).removed).toEqual(['api'])
    })

    it('has no task as removed that says of no service that it is its', () => {
      const nobodys = changeContainers(
        observed,
        c => c.identity.service === 'old',
        c => ({ ...c, identity: { ...c.identity, service: '' } }),
      )
      expect(begin({ observed: nobodys }).removed).toEqual(['api'])
    })

    it('names what is removed in one order, on whatever instances it runs', () => {
      const only = (name: string) =>
        changeContainers(
          observed,
          c => c.identity.service !== name,
          () => undefined,
        ).instances['a']
      const apart = { instances: { a: only('old'), b: only('api') } } as typeof observed
      expect(begin({ observed: apart }).removed).toEqual(['api', 'old'])
    })

    it.each([
      ['of most of its tasks', ['a', 'b', 'b'], 'b'],
      ['of most of its tasks', ['b', 'a', 'a'], 'a'],
      ['of most of its tasks', ['b', 'b', 'a'], 'b'],
      ['that is first by name, of equally many', ['a', 'b'], 'a'],
      ['that is first by name, of equally many', ['b', 'a'], 'a'],
    ])('takes for the one that a service comes from that %s: %j', (_, revisions, from) => {
      const { containerInstances, taskDefinitions } = versions({ web: 1 })
      const services = { web: { taskDefinition: 'web', desiredCount: revisions.length } }
      const world = settledWorld(document({ containerInstances, taskDefinitions, services }), hosts)
      const mixed = changeContainers(
        world,
        () => true,
        c => ({
          ...c,
          identity: { ...c.identity, revision: revisions[Number(c.identity.slot) - 1] ?? expect.fail() },
        }),
      )
      expect(begin({ observed: mixed }).services['web']?.from).toBe(from)
    })
  })

  describe('where a task runs that runs once', () => {
    const { containerInstances, taskDefinitions } = versions({ web: 1 })
    const tasks = { migrate: { taskDefinition: 'web' } }
    const once = document({ containerInstances, taskDefinitions, tasks })
    const world = settledWorld(once, hosts)
    const observed = changeContainers(
      world,
      () => true,
      c => ({ ...c, status: 'running' }),
    )

    it('has it as removed where the document has it no more', () => {
      expect(begin({ observed, desired: once }).removed).toEqual([])
      expect(begin({ observed }).removed).toEqual(['migrate'])
    })

    it('does not where it stays, as in a rollback', () => {
      expect(begin({ observed, leavesOneOffs: true }).removed).toEqual([])
    })
  })
})

describe('a deployment that ends', () => {
  const begun = begin()
  const report = (parts: Partial<Report> = {}): Report => ({
    outcome: 'steady',
    services: [state('web')],
    failures: [],
    problems: [],
    done: 3,
    ...parts,
  })

  it('is the same deployment, in its next edition', () => {
    expect(endedRecord(begun, report(), 'later')).toEqual({
      ...begun,
      edition: 2,
      ended: 'later',
      state: 'COMPLETED',
      services: { web: { ...begun.services['web'], state: 'COMPLETED' } },
    })
  })

  it.each([
    ['steady', 'COMPLETED'],
    // nobody waited for it: the next deployment sees how it went
    ['applied', 'IN_PROGRESS'],
    ['failed', 'FAILED'],
    ['timeout', 'FAILED'],
    ['interrupted', 'INTERRUPTED'],
  ] as const)('that was %s is %s', (outcome, expected) => {
    expect(endedRecord(begun, report({ outcome }), NOW).state).toBe(expected)
  })

  it.each(['COMPLETED', 'IN_PROGRESS', 'FAILED'] as const)('has a service that is %s as that', rollout => {
    const ended = endedRecord(begun, report({ services: [state('web', { rollout })] }), NOW)
    expect(ended.services['web']?.state).toBe(rollout)
  })

  it('has a service that went back as failed and changed, with the images of what failed', () => {
    const quiet = begin({ changed: new Set() })
    const back = state('web', { rolledBackFrom: 'r2', revision: 'r1', images: { app: 'web@sha256:1' } })
    expect(endedRecord(quiet, report({ services: [back] }), NOW).services['web']).toEqual({
      revision: 'r2',
      state: 'FAILED',
      images: { app: 'web@sha256:2' },
      changed: true,
      rolledBackTo: 'r1',
    })
  })

  it('knows the images that were resolved on the way, besides those that it knew', () => {
    const web = state('web', { images: { side: 'side@sha256:1' } })
    expect(endedRecord(begun, report({ services: [web] }), NOW).services['web']?.images).toEqual({
      app: 'web@sha256:2',
      side: 'side@sha256:1',
    })
  })

  it('leaves a service that the report does not have as it was begun', () => {
    expect(endedRecord(begun, report({ services: [] }), NOW).services).toEqual(begun.services)
  })

  it('keeps the first ten of its problems, 500 characters of each', () => {
    const problems = Array.from({ length: 11 }, (_, i) => problem('PLAN_STALE', `${i} ${'x'.repeat(600)}`))
    const kept = endedRecord(begun, report({ outcome: 'failed', problems }), NOW).problems
    expect(kept.map(p => p.slice(0, 2).trim())).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    expect(kept.map(p => p.length)).toEqual(Array(10).fill(500))
  })
})

describe('a deployment is open', () => {
  const underWay = service(1, { state: 'IN_PROGRESS' })

  it.each([
    ['while it is under way', deployment(1, { state: 'IN_PROGRESS' }), true],
    ['where it was ended and a service is under way', deployment(1, { services: { web: underWay } }), true],
    ['and one is enough', deployment(1, { services: { api: service(1), web: underWay } }), true],
    ['no more where it COMPLETED', deployment(1), false],
    ['no more where all of it failed', deployment(1, { state: 'FAILED', services: {} }), false],
  ])('%s', (_, record, expected) => {
    expect(isOpen(record)).toBe(expected)
  })
})

describe('a deployment that was left open', () => {
  const underWay = service(1, { state: 'IN_PROGRESS' })
  const both = { web: underWay, api: underWay }
  const died = deployment(1, { edition: 1, state: 'IN_PROGRESS', ended: undefined, services: both })
  const [web, api] = [state('web'), state('api')]

  it('has COMPLETED where all of it turned out well since', () => {
    expect(settledRecord(died, [web, api], NOW)).toEqual({
      ...died,
      edition: 2,
      state: 'COMPLETED',
      ended: NOW,
      services: { web: service(1), api: service(1) },
    })
  })

  it('was INTERRUPTED where its run died and a part of it is not there yet', () => {
    const settled = settledRecord(died, [web, state('api', { rollout: 'IN_PROGRESS' })], NOW)
    expect(settled).toMatchObject({ state: 'INTERRUPTED', ended: NOW })
    expect(settled?.services).toEqual({ web: service(1), api: underWay })
  })

  it('stays what it ended as, and when, where a part of it is not there yet', () => {
    const failed = deployment(1, { state: 'FAILED', services: both })
    expect(settledRecord(failed, [web], NOW)).toMatchObject({
      edition: 3,
      state: 'FAILED',
      ended: failed.ended,
    })
  })

  it('has no new word on a service that failed', () => {
    const services = { web: service(1, { state: 'FAILED' }), api: underWay }
    const settled = settledRecord({ ...died, services }, [web, api], NOW)
    expect(settled?.services).toEqual({ web: services.web, api: service(1) })
    expect(settled?.state).toBe('INTERRUPTED')
  })

  it('is not written again where there is nothing new to say', () => {
    expect(settledRecord(deployment(1), [web], NOW)).toBeUndefined()
    expect(settledRecord(deployment(1, { state: 'FAILED', services: both }), [], NOW)).toBeUndefined()
  })
})

describe('a document is recorded', () => {
  const now = versions({ web: 2 })
  const last = (more: object) => isRecorded(ledger(deployment(0), deployment(1), deployment(2, more)), now)

  it('where the last deployment COMPLETED it, on whatever container instances', () => {
    const elsewhere = document({ containerInstances: instances('b') }).containerInstances
    expect(last({})).toBe(true)
    expect(last({ document: { ...now, containerInstances: elsewhere } })).toBe(true)
  })

  it('and not where that one failed, was of another, or there is none', () => {
    expect(last({ state: 'FAILED' })).toBe(false)
    expect(last({ document: versions({ web: 1 }) })).toBe(false)
    expect(isRecorded(ledger(deployment(2), deployment(3)), now)).toBe(false)
    expect(isRecorded(EMPTY_LEDGER, now)).toBe(false)
  })
})

it('two documents run the same only with the same services, tasks and task definitions', () => {
  const one = versions({ web: 1 })
  const { web } = one.services
  const migrate = document({ ...one, tasks: { migrate: { taskDefinition: 'web' } } })
  expect(runsTheSame(one, versions({ web: 1 }))).toBe(true)
  expect(runsTheSame(one, migrate)).toBe(false)
  expect(runsTheSame(one, versions({ web: 2 }))).toBe(false)
  expect(runsTheSame(one, { ...one, services: { web, api: web } as typeof one.services })).toBe(false)
})
