import { describe, expect, it } from 'vitest'
import { createBody } from '../../../engine/apply/create-body.ts'
import { observedContainer } from '../../../engine/observe/from-docker.ts'
import type { ContainerInspect } from '../../../engine/docker/docker-host.ts'
import type { ObservedState } from '../../../engine/observed-state.ts'
import { forecast } from '../../../engine/simulate.ts'
import {
  changeContainers,
  context,
  document,
  emptyHosts,
  host,
  look,
  settledWorld,
} from '../../support/worlds.ts'

interface Parts {
  readonly count?: number
  readonly value?: string
  readonly image?: string
  readonly gpus?: Readonly<Record<string, readonly string[]>>
  readonly service?: object
}

const TWO = { a: ['GPU-a', 'GPU-b'], b: ['GPU-c', 'GPU-d'] }

function train({ count = 1, value = '1', image = 'train:1', gpus = TWO, service = {} }: Parts = {}) {
  return document({
    containerInstances: Object.fromEntries(
      Object.entries(gpus).map(([name, ids]) => [name, { address: `ssh://${name}`, gpus: ids }]),
    ),
    taskDefinitions: {
      train: {
        containerDefinitions: [{ name: 'app', image, resourceRequirements: [{ type: 'GPU', value }] }],
      },
    },
    services: { train: { taskDefinition: 'train', desiredCount: count, ...service } },
  })
}

const empty = emptyHosts('a', 'b')

/** Who has which GPUs: "train.1 a GPU-a". */
function holders({ instances }: ObservedState): string[] {
  return Object.values(instances).flatMap(i =>
    i.reachable
      ? i.containers.map(
          c => `${c.identity.service}.${c.identity.slot} ${i.name} ${c.gpus?.join('+') ?? '-'}`,
        )
      : [],
  )
}

const refusals = (parts: Parts, world = empty) => look(train(parts), world).problems.map(p => p.message)

describe('tasks that ask for GPUs', () => {
  it('get GPUs of their own', () => {
    expect(holders(settledWorld(train({ count: 4 }), empty))).toEqual([
      'train.1 a GPU-a',
      'train.3 a GPU-b',
      'train.2 b GPU-c',
      'train.4 b GPU-d',
    ])
    expect(holders(settledWorld(train({ value: 'ALL', count: 2 }), empty))).toEqual([
      'train.1 a GPU-a+GPU-b',
      'train.2 b GPU-c+GPU-d',
    ])
  })

  it('are refused with the number that they need', () => {
    expect(refusals({ value: '3' })).toEqual([
      'no container instance can take train: 2 lack GPUs (need 3); there is room for 0 of 1 tasks',
    ])
    const one = settledWorld(train({ count: 1, gpus: { a: ['0'] } }), emptyHosts('a'))
    expect(refusals({ value: 'ALL', gpus: { a: ['0'] } }, one)).toEqual([
      'no container instance can take train: 1 lacks GPUs (need ALL); there is room for 0 of 1 tasks',
    ])
    expect(
      forecast(train({ count: 2, gpus: { a: ['0'] } }), one, context(train())).end.problems,
    ).toMatchObject([
      {
        message: expect.stringContaining('1 lacks GPUs (need 1); there is room for 1 of 2 tasks'),
        next: expect.stringContaining('how many GPUs the container instance has, gpus: 1'),
      },
    ])
    expect(refusals({ value: 'ALL', gpus: { a: [], b: [] } })[0]).toContain('2 lack GPUs (need ALL)')
  })

  it('wait in a rollout until one is free, and then take its place', () => {
    const before = settledWorld(train({ count: 4 }), empty)
    const after = train({
      count: 4,
      image: 'train:2',
      service: { deploymentConfiguration: { minimumHealthyPercent: 50 } },
    })
    const { waves, end, world } = forecast(after, before, context(after))
    expect(end.problems).toEqual([])
    expect(
      holders(world)
        .map(h => h.split(' ')[2] ?? '')
        .sort((a, b) => a.localeCompare(b)),
    ).toEqual(['GPU-a', 'GPU-b', 'GPU-c', 'GPU-d'])
    for (const { plan } of waves) {
      for (const { action } of plan.steps)
        if (action.kind === 'create-container') expect(action.gpus).toHaveLength(1)
    }
  })

  it('are not made without one where another task has it that is about to be started again', () => {
    const two = settledWorld(train({ count: 2, gpus: { a: ['0', '1'] } }), emptyHosts('a'))
    const stopped = changeContainers(
      two,
      c => c.identity.slot === '1',
      c => ({ ...c, status: 'exited', exitCode: 1 }),
    )
    const three = train({ count: 3, gpus: { a: ['0', '1', '2'] } })
    expect(holders(forecast(three, stopped, context(three)).world).sort()).toEqual([
      'train.1 a 0',
      'train.2 a 1',
      'train.3 a 2',
    ])
  })

  it('have those that Docker tells of where the person says nothing', () => {
    const told = host('a')
    const world = { instances: { a: { ...told, engine: { ...told.engine, gpus: ['nvidia.com/gpu=0'] } } } }
    const desired = document({ ...train(), containerInstances: { a: { address: 'ssh://a' } } })
    expect(holders(settledWorld(desired, world))).toEqual(['train.1 a nvidia.com/gpu=0'])
  })
})

describe('the request that is made to Docker', () => {
  const actionOf = (gpus: Parts['gpus']) => {
    const { plan } = forecast(train({ gpus }), emptyHosts('a'), context(train())).waves[1] ?? {
      plan: { steps: [] },
    }
    for (const { action } of plan.steps) if (action.kind === 'create-container') return action
    throw new Error('nothing is created')
  }

  it('names the GPUs by id, and CDI where they are CDI’s', () => {
    expect(createBody(actionOf({ a: ['GPU-a'] })).HostConfig?.DeviceRequests).toEqual([
      { DeviceIDs: ['GPU-a'], Capabilities: [['gpu']] },
    ])
    expect(createBody(actionOf({ a: ['nvidia.com/gpu=0'] })).HostConfig?.DeviceRequests).toEqual([
      { Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=0'] },
    ])
  })

  it('is read back from inspect', () => {
    const body = createBody(actionOf({ a: ['GPU-a'] }))
    const shown = {
      Id: 'x'.repeat(64),
      Name: '/n',
      State: { Status: 'running' },
      Config: { Labels: body.Labels },
      HostConfig: { ...body.HostConfig, RestartPolicy: { Name: 'no' }, LogConfig: { Type: 'local' } },
      NetworkSettings: {},
    } as unknown as ContainerInspect
    const seen = observedContainer(shown, () => undefined)
    expect([seen.gpus, seen.config.gpus]).toEqual([['GPU-a'], '1'])
  })
})
