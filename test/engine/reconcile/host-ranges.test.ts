import { describe, expect, it } from 'vitest'
import { createBody } from '../../../engine/apply/create-body.ts'
import type { ObservedState } from '../../../engine/observed-state.ts'
import { forecast } from '../../../engine/simulate.ts'
import { context, document, emptyHosts, host, instances, look, settledWorld } from '../../support/worlds.ts'

interface Parts {
  readonly count?: number
  readonly range?: string
  readonly image?: string
  readonly networkMode?: string
  readonly more?: readonly object[]
}

function voice({
  count = 1,
  range = '8000-8009',
  image = 'voice:1',
  networkMode = 'bridge',
  more = [],
}: Parts = {}) {
  return document({
    containerInstances: instances('a', 'b'),
    taskDefinitions: {
      voice: {
        networkMode,
        containerDefinitions: [
          { name: 'app', image, portMappings: [{ containerPortRange: range, protocol: 'udp' }, ...more] },
        ],
      },
    },
    services: { voice: { taskDefinition: 'voice', desiredCount: count } },
  })
}

/** "voice.1 a 61000": where the first port of each task's range is. */
function starts({ instances: all }: ObservedState): string[] {
  return Object.values(all).flatMap(i =>
    i.reachable
      ? i.containers.map(
          c => `${c.identity.service}.${c.identity.slot} ${i.name} ${c.config.ports[0]?.split('=')[1]}`,
        )
      : [],
  )
}

const two = emptyHosts('a', 'b')
const published = (hostPort: number, protocol: 'tcp' | 'udp') => ({ containerPort: 1, hostPort, protocol })
const foreign = (hostPort: number, protocol: 'tcp' | 'udp') => ({
  id: `f${hostPort}`,
  name: `f${hostPort}`,
  imageId: 'f',
  ports: [published(hostPort, protocol)],
})

describe('a range of host ports', () => {
  it('is one for each task, beside those of the others', () => {
    expect(starts(settledWorld(voice({ count: 4 }), two))).toEqual([
      'voice.1 a 61000',
      'voice.3 a 61010',
      'voice.2 b 61000',
      'voice.4 b 61010',
    ])
  })

  it('keeps clear of foreign ports, of the same protocol alone', () => {
    const taken = { foreign: [foreign(61004, 'udp'), foreign(61006, 'tcp')] }
    expect(
      starts(settledWorld(voice(), { instances: { a: host('a', taken), b: host('b', taken) } })),
    ).toEqual(['voice.1 a 61005'])
  })

  it('is another one for the successor while the old task is there, and nothing is left to do then', () => {
    const before = settledWorld(voice(), two)
    const after = voice({ image: 'voice:2' })
    const { world, end, waves } = forecast(after, before, context(after))
    expect(end.converged).toBe(true)
    const made = waves.flatMap(w =>
      w.plan.steps.flatMap(s => (s.action.kind === 'create-container' ? s.action : [])),
    )
    expect(made.map(a => a.hostRanges)).toEqual([
      { '8000-8009/udp': made[0]?.instance === 'a' ? 61010 : 61000 },
    ])
    expect(look(after, world).plan.steps).toEqual([])
  })

  it('is kept from a fixed port of another service', () => {
    const desired = document({
      ...voice(),
      taskDefinitions: {
        ...voice().taskDefinitions,
        fixed: {
          containerDefinitions: [
            {
              name: 'app',
              image: 'f:1',
              portMappings: [{ containerPort: 1, hostPort: 61003, protocol: 'udp' }],
            },
          ],
        },
      },
      services: {
        ...voice().services,
        fixed: { taskDefinition: 'fixed', schedulingStrategy: 'DAEMON' },
      },
    })
    expect(starts(settledWorld(desired, two)).filter(s => s.startsWith('voice'))).toEqual(['voice.1 a 61004'])
  })

  it('that is nowhere free is a refusal', () => {
    const [problem] = look(voice({ range: '1-60000' }), two).problems
    expect(problem?.message).toBe(
      'no container instance can take voice: 2 fail 60000 free udp ports in a row; there is room for 0 of 1 tasks',
    )
  })

  it('is published port by port', () => {
    const { waves } = forecast(
      voice({ range: '8000-8001', more: [{ containerPort: 80 }] }),
      two,
      context(voice()),
    )
    const action = waves.flatMap(w => w.plan.steps).find(s => s.action.kind === 'create-container')?.action
    if (action?.kind !== 'create-container') throw new Error('nothing is created')
    const { ExposedPorts, HostConfig } = createBody(action)
    expect(HostConfig?.PortBindings).toEqual({
      '80/tcp': [{ HostPort: '' }],
      '8000/udp': [{ HostPort: '61000' }],
      '8001/udp': [{ HostPort: '61001' }],
    })
    expect(Object.keys(ExposedPorts ?? {})).toEqual(Object.keys(HostConfig?.PortBindings ?? {}))
  })

  it('takes no host port in network mode awsvpc', () => {
    const world = settledWorld(voice({ networkMode: 'awsvpc' }), two)
    expect(starts(world)).toEqual(['voice.1 a undefined'])
  })
})
