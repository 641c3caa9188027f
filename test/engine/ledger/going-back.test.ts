import { describe, expect, it } from 'vitest'
import { pinKey } from '../../../engine/image.ts'
import { goBack } from '../../../engine/ledger/going-back.ts'
import { parseEntry, printEntry } from '../../../engine/ledger/entry.ts'
import { document, instances } from '../../support/worlds.ts'
import { deployment, ledger, service, versions } from './records.ts'

const today = versions({ web: 9 })
const failed = (number: number) =>
  deployment(number, { state: 'FAILED', services: { web: service(number, { state: 'FAILED' }) } })
const target = (...deployments: Parameters<typeof ledger>) =>
  goBack(ledger(...deployments), today).target.number

describe('going back without a name', () => {
  it('aims at the last that COMPLETED before what was applied last', () => {
    expect(target(deployment(1), deployment(2), deployment(3))).toBe(2)
    expect(target(deployment(1), failed(2), deployment(3))).toBe(1)
    expect(target(deployment(1), deployment(2), failed(3))).toBe(2)
  })

  it('goes further back after it went back once', () => {
    const back = deployment(4, { returnsTo: 'd002', document: versions({ web: 2 }) })
    expect(target(deployment(1), deployment(2), deployment(3), back)).toBe(1)
  })

  it('passes over what says the same', () => {
    const again = deployment(3, { document: versions({ web: 2 }) })
    expect(target(deployment(1), deployment(2), again)).toBe(1)
  })

  it('passes over what has only another task definition that no service has', () => {
    const { containerInstances, taskDefinitions, services } = versions({ web: 2 })
    const idle = { containerDefinitions: [{ name: 'app', image: 'idle:1' }] }
    const more = document({ containerInstances, services, taskDefinitions: { ...taskDefinitions, idle } })
    expect(target(deployment(1), deployment(2), deployment(3, { document: more }))).toBe(1)
  })

  it('passes over what has only other tasks that run once', () => {
    const plain = versions({ web: 2 })
    const { containerInstances, taskDefinitions, services } = plain
    const tasks = { migrate: { taskDefinition: 'web' } }
    const more = document({ containerInstances, taskDefinitions, services, tasks })
    expect(target(deployment(1), deployment(2), deployment(3, { document: more }))).toBe(1)
  })

  it('passes over nothing that COMPLETED where the last did not: a migration that failed has left the services', () => {
    const { containerInstances, taskDefinitions, services } = versions({ web: 2 })
    const tasks = { migrate: { taskDefinition: 'web' } }
    const more = document({ containerInstances, taskDefinitions, services, tasks })
    for (const state of ['IN_PROGRESS', 'INTERRUPTED', 'FAILED'] as const) {
      const third = deployment(3, { state, document: more })
      expect(target(deployment(1), deployment(2), third)).toBe(2)
      expect(target(deployment(1), deployment(2), third, deployment(4, { state, document: more }))).toBe(2)
      // and from there it goes on
      const back = deployment(4, { returnsTo: 'd002', document: versions({ web: 2 }) })
      expect(target(deployment(1), deployment(2), third, back)).toBe(1)
    }
  })

  it('takes a return up again that did not COMPLETE', () => {
    for (const state of ['IN_PROGRESS', 'INTERRUPTED', 'FAILED'] as const) {
      const back = deployment(4, { state, returnsTo: 'd002', document: versions({ web: 2 }) })
      expect(target(deployment(1), deployment(2), deployment(3), back)).toBe(2)
    }
  })

  it('is refused where there is nothing', () => {
    for (const known of [[], [deployment(1)], [failed(1), deployment(2)]])
      expect(() => target(...known)).toThrow('no other deployment that COMPLETED')
  })
})

describe('going back to a deployment by name', () => {
  it('takes its services, task definitions and images, and the container instances of today', () => {
    const now = {
      ...today,
      containerInstances: document({ containerInstances: instances('b') }).containerInstances,
    }
    const { desired, images } = goBack(ledger(deployment(1), deployment(2)), now, 'd001')
    expect(Object.keys(desired.containerInstances)).toEqual(['b'])
    expect(desired.taskDefinitions['web']?.containerDefinitions[0]?.image).toBe('web:1')
    expect(images).toEqual({ [pinKey('r1', 'app')]: 'web@sha256:1', 'web:1': 'web@sha256:1' })
  })

  it('has no image of a task that ran once, nor of a container of which none is known', () => {
    const services = { web: service(1, { images: {} }), migrate: service(1) }
    const then = deployment(1, { services, document: versions({ web: 1 }) })
    expect(goBack(ledger(then, deployment(2)), today, 'd001').images).toStrictEqual({})
  })

  it('has the images of a reference that stands twice as each revision had it', () => {
    const services = {
      web: service(1),
      api: service(1, { revision: 'r7', images: { app: 'other@sha256:7' } }),
    }
    const both = versions({ web: 1, api: 1 })
    const { web } = both.taskDefinitions
    const same = { ...both, taskDefinitions: { web, api: web } } as typeof both
    const { images } = goBack(ledger(deployment(1, { services, document: same })), today, 'd001')
    expect(images).toEqual({
      [pinKey('r1', 'app')]: 'web@sha256:1',
      [pinKey('r7', 'app')]: 'other@sha256:7',
      'web:1': 'web@sha256:1',
    })
  })

  it('is refused where it is unknown, or did not COMPLETE', () => {
    const known = ledger(deployment(1), failed(2))
    expect(() => goBack(known, today, 'x')).toThrow(
      expect.objectContaining({
        code: 'DEPLOYMENT_UNKNOWN',
        message: 'of 2 deployments that the ledger has none, or more than one, is "x"',
      }),
    )
    expect(() => goBack(known, today, 'd002')).toThrow(
      expect.objectContaining({
        code: 'ROLLBACK_IMPOSSIBLE',
        message: 'deployment d002 did not COMPLETE: it is FAILED',
      }),
    )
  })

  it('reads no source that the document of today does not name', () => {
    const secret = (source: string) =>
      document({
        containerInstances: instances('a'),
        taskDefinitions: {
          web: {
            containerDefinitions: [
              { name: 'app', image: 'web:1', secrets: [{ name: 'DB', valueFrom: source }] },
            ],
          },
        },
        services: { web: { taskDefinition: 'web' } },
      })
    const known = ledger(deployment(1, { document: secret('exec:rm') }), deployment(2))
    expect(() => goBack(known, secret('env:DB'), 'd001')).toThrow(/does not name now: exec:rm/)
    expect(goBack(known, secret('exec:rm'), 'd001').target.number).toBe(1)
  })

  it('says which sources it would need, for whom, and where the document of then is', () => {
    const secrets = ['env:A', 'env:B'].flatMap(valueFrom =>
      ['one', 'two'].map(name => ({ name: name + valueFrom.slice(-1), valueFrom })),
    )
    const containerDefinitions = [{ name: 'app', image: 'web:1', secrets }]
    const then = document({
      containerInstances: instances('a'),
      taskDefinitions: { web: { containerDefinitions } },
      services: { web: { taskDefinition: 'web' } },
    })
    const refusal = (more: object) => {
      try {
        return goBack(ledger(deployment(1, { document: then, ...more })), today, 'd001')
      } catch (error) {
        return error
      }
    }
    const next =
      'Sources are taken from documents alone. Check out the document as it was then, and apply it.'
    expect(refusal({})).toMatchObject({
      code: 'ROLLBACK_IMPOSSIBLE',
      message: expect.stringMatching(
        /: env:A \(secret oneA of web\/app, secret twoA of web\/app\); env:B \(secret oneB of web\/app, /,
      ),
      next,
    })
    const commit = { id: 'abc', dirty: false }
    expect(refusal({ commit })).toMatchObject({ next: `${next} It was as in commit abc.` })
  })

  it('has no task that runs once, and its services wait for none', () => {
    const once = (version: number, family = 'web') => {
      const plain = versions({ web: version, api: 1 })
      const { containerInstances, taskDefinitions } = plain
      const services = {
        web: { taskDefinition: 'web', dependsOn: ['api', 'migrate'] },
        api: { taskDefinition: 'api' },
      }
      const tasks = { migrate: { taskDefinition: family } }
      return document({ containerInstances, taskDefinitions, services, tasks })
    }
    const known = ledger(deployment(1, { document: once(1) }), deployment(2, { document: once(2) }))
    for (const now of [once(2), once(1), once(2, 'api')]) {
      const { desired } = goBack(known, now, 'd001')
      expect(desired).toMatchObject({ tasks: {}, services: { web: { dependsOn: ['api'] } } })
      // what is written of it can be read again
      const record = deployment(3, { document: desired })
      expect(parseEntry(printEntry({ kind: 'deployment', record }))).toEqual({ kind: 'deployment', record })
    }
  })
})

it('a service of then comes back under a name that is a task’s by now', () => {
  const { containerInstances, taskDefinitions, services } = versions({ web: 9 })
  const tasks = { web: { taskDefinition: 'web' } }
  const now = document({ containerInstances, taskDefinitions, services: {}, tasks })
  const then = deployment(1, { document: { ...versions({ web: 9 }), taskDefinitions } })
  expect(Object.keys(services)).toEqual(['web'])
  expect(goBack(ledger(then, deployment(2, { document: now })), now, 'd001').desired).toMatchObject({
    tasks: {},
    services: { web: {} },
  })
})
