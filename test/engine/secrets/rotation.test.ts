import { describe, expect, it } from 'vitest'
import type { Fingerprints } from '../../../engine/secrets/fingerprints.ts'
import { secretsLabel } from '../../../engine/secrets/fingerprints.ts'
import { readLabel } from '../../../engine/secrets/label.ts'
import {
  changeContainers,
  document,
  emptyHosts,
  instances,
  look,
  printWaves,
  settledWorld,
} from '../../support/worlds.ts'
import { context } from '../../support/worlds.ts'
import { forecast } from '../../../engine/simulate.ts'

const SALT = 'abcdefghijklmnopqrstuv'
const hosts = emptyHosts('a', 'b')

/** What the sources are now, with a digest that is plainly made of the value. */
function now(values: Record<string, string>, salt = SALT): Fingerprints {
  const digests = new Map(Object.entries(values).map(([source, v]) => [source, `${salt[0]}-${v}`]))
  return { salt, digests: new Map([[salt, digests]]), variables: new Map([['file:web.env', ['MODE']]]) }
}

function web(service: object = {}, container: object = {}) {
  return document({
    containerInstances: instances('a', 'b'),
    taskDefinitions: {
      web: {
        containerDefinitions: [
          {
            name: 'app',
            image: 'app:1',
            secrets: [
              { name: 'DB', valueFrom: 'env:DB' },
              { name: 'key', valueFrom: 'file:key.pem', deliverAs: 'file' },
            ],
            environmentFiles: [{ value: 'web.env' }],
            logConfiguration: {
              logDriver: 'splunk',
              options: { 'splunk-url': 'https://splunk' },
              secretOptions: [{ name: 'splunk-token', valueFrom: 'env:TOKEN' }],
            },
            ...container,
          },
        ],
      },
    },
    services: { web: { taskDefinition: 'web', desiredCount: 2, ...service } },
  })
}

const first = { 'env:DB': 'one', 'file:key.pem': 'one', 'file:web.env': 'one', 'env:TOKEN': 'one' }

function worldWith(desired = web(), values: Record<string, string> = first) {
  const fingerprints = now(values)
  return forecast(desired, hosts, context(desired, { deployment: 'd0', fingerprints })).world
}

describe('a new task with secrets', () => {
  it('gets its files between its creation and its start', () => {
    const plan = printWaves(web({ desiredCount: 1 }), hosts, { fingerprints: now(first) })
    expect(plan.map(line => line.replaceAll(/[0-9a-f]{8}/g, 'REV').replace(/ \(.*/, ''))).toEqual([
      'wave 1',
      ' 0 a pull app@sha256:REV…',
      'wave 2',
      ' 0 a create web.1 app of REV',
      ' 1 a put secrets into prod.web.1.REV.app after 0',
      ' 2 a start prod.web.1.REV.app after 1',
    ])
  })

  it('gets them again where it was created and never started', () => {
    const desired = web({ desiredCount: 1 })
    const created = changeContainers(
      worldWith(desired),
      () => true,
      c => ({ ...c, status: 'created', startedAt: 0 }),
    )
    const { plan } = look(desired, created, { fingerprints: now(first) })
    expect(plan.steps.map(s => s.action.kind)).toEqual(['put-secrets', 'start-container'])
  })

  it('says in its label what they were, and never what they are', () => {
    const [container] = web().taskDefinitions['web']?.containerDefinitions ?? []
    expect(readLabel(container && secretsLabel(container, now(first)))).toEqual({
      salt: SALT,
      environment: { DB: 'a-one' },
      files: { key: 'a-one' },
      logOptions: { 'splunk-token': 'a-one' },
      environmentFiles: { 'web.env': 'a-one' },
      variables: ['MODE'],
    })
  })

  it('does not count a variable of a file that the document sets itself', () => {
    const desired = web({}, { environment: [{ name: 'MODE', value: 'x' }] })
    const [container] = desired.taskDefinitions['web']?.containerDefinitions ?? []
    expect(readLabel(container && secretsLabel(container, now(first)))?.variables).toEqual([])
  })
})

describe('tasks whose secrets', () => {
  const causes = (fingerprints: Fingerprints | undefined, world = worldWith(), desired = web()) => [
    ...new Set(look(desired, world, fingerprints ? { fingerprints } : {}).plan.steps.map(s => s.cause)),
  ]

  it('are what they were stay', () => {
    expect(look(web(), worldWith(), { fingerprints: now(first) })).toMatchObject({
      converged: true,
      plan: { steps: [] },
    })
  })

  it('cannot be read stay', () => {
    expect(causes(undefined)).toEqual([])
    expect(causes(now({ 'env:DB': 'one' }))).toEqual([])
  })

  it.each([
    ['env:DB', 'secret DB was rotated'],
    ['file:key.pem', 'secret key was rotated'],
    ['env:TOKEN', 'secret log option splunk-token was rotated'],
    ['file:web.env', 'environment file web.env was changed'],
  ])('%s were rotated are replaced, with the cause', (source, cause) => {
    expect(causes(now({ ...first, [source]: 'two' }))).toEqual([cause])
  })

  it('were rotated together are told together', () => {
    expect(causes(now({ ...first, 'env:DB': 'two', 'file:key.pem': 'two' }))).toEqual([
      'secret DB was rotated, secret key was rotated',
    ])
  })

  it('were labelled with another salt are compared by that salt', () => {
    const other = now(first, 'zzzzzzzzzzzzzzzzzzzzzz')
    const both = { ...other, digests: new Map([...other.digests, ...now(first).digests]) }
    expect(causes(both)).toEqual([])
    const rotated = {
      ...other,
      digests: new Map([...other.digests, ...now({ ...first, 'env:DB': 'two' }).digests]),
    }
    expect(causes(rotated)).toEqual(['secret DB was rotated'])
  })

  it('have lost their label are replaced', () => {
    const world = changeContainers(
      worldWith(),
      () => true,
      c => ({
        ...c,
        identity: { ...c.identity, secrets: 'x' },
      }),
    )
    expect(causes(now(first), world)).toEqual([
      'secret DB was rotated, secret key was rotated, secret log option splunk-token was rotated, environment file web.env was changed',
    ])
  })

  it('were rotated are replaced within the percentages, and then no more', () => {
    const desired = web({
      desiredCount: 4,
      deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 },
    })
    const fingerprints = now({ ...first, 'env:DB': 'two' })
    const { waves, end, world } = forecast(desired, worldWith(desired), context(desired, { fingerprints }))
    const stops = waves.map(w => w.plan.steps.filter(s => s.action.kind === 'stop-container').length)
    expect(Math.max(...stops)).toBe(2)
    expect(stops.reduce((a, b) => a + b)).toBe(4)
    expect(end.converged).toBe(true)
    expect(look(desired, world, { fingerprints })).toMatchObject({ converged: true, plan: { steps: [] } })
  })

  it('of a DAEMON service were rotated are replaced one host at a time', () => {
    const service = {
      desiredCount: undefined,
      schedulingStrategy: 'DAEMON',
      deploymentConfiguration: { minimumHealthyPercent: 50 },
    }
    const desired = web(service)
    const fingerprints = now({ ...first, 'env:DB': 'two' })
    const { waves, end } = forecast(desired, worldWith(desired), context(desired, { fingerprints }))
    const stops = waves.map(w => w.plan.steps.filter(s => s.action.kind === 'stop-container').length)
    expect(stops.filter(n => n > 0)).toEqual([1, 1])
    expect(end.converged).toBe(true)
  })

  it('were rotated together with a revision that failed stay with the old revision', () => {
    const circuit = {
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    }
    const old = web(circuit)
    const next = web(circuit, { image: 'app:2' })
    const fingerprints = now({ ...first, 'env:DB': 'two' })
    const { services, plan } = look(next, worldWith(old), { fingerprints, failed: new Set(['web']) })
    expect(services[0]).toMatchObject({ current: 2, outdated: 0 })
    expect(plan.steps).toEqual([])
  })
})

describe('drift', () => {
  it('is no secret that a container has', () => {
    const desired = web()
    expect(look(desired, settledWorld(desired, hosts)).plan.steps).toEqual([])
  })

  it('is a secret that a container lacks', () => {
    const world = changeContainers(
      worldWith(),
      () => true,
      c => ({
        ...c,
        config: { ...c.config, environment: [] },
      }),
    )
    const [step] = look(web(), world, { fingerprints: now(first) }).plan.steps
    expect(step?.cause).toBe('environment.DB changed by hand')
  })

  it('is a secret log option that a container lacks', () => {
    const world = changeContainers(
      worldWith(),
      () => true,
      c => ({
        ...c,
        config: { ...c.config, log: { driver: 'splunk', options: { 'splunk-url': 'https://splunk' } } },
      }),
    )
    const [step] = look(web(), world, { fingerprints: now(first) }).plan.steps
    expect(step?.cause).toBe('logConfiguration changed by hand')
  })
})
