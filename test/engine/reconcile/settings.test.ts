import { describe, expect, it } from 'vitest'
import { createBody } from '../../../engine/apply/create-body.ts'
import type { Settings } from '../../../engine/container-config/settings.ts'
import { settingChanges } from '../../../engine/reconcile/drift-settings.ts'
import { taskState } from '../../../engine/reconcile/task-state.ts'
import { tasksByService } from '../../../engine/reconcile/task.ts'
import { simulate } from '../../../engine/simulate.ts'
import {
  changeContainers,
  document,
  emptyHosts,
  instances,
  look,
  settledWorld,
} from '../../support/worlds.ts'

const tied = document({
  containerInstances: instances('a'),
  taskDefinitions: {
    web: {
      pidMode: 'task',
      ipcMode: 'task',
      containerDefinitions: [
        {
          name: 'app',
          image: 'app:1',
          links: ['side:backend'],
          volumesFrom: [{ sourceContainer: 'side', readOnly: true }],
        },
        { name: 'side', image: 'side:1' },
      ],
    },
  },
  services: { web: { taskDefinition: 'web' } },
})

describe('containers that are tied to one another', () => {
  const { steps } = look(tied, emptyHosts('a')).plan

  it('are made and started after those that they need', () => {
    const order = steps.flatMap(({ action }) =>
      action.kind === 'create-container' || action.kind === 'start-container'
        ? [
            `${action.kind} ${(action.kind === 'create-container' ? action.name : action.container.name).split('.').at(-1)}`,
          ]
        : [],
    )
    expect(order).toEqual([
      'create-container side',
      'create-container app',
      'start-container side',
      'start-container app',
    ])
    const idOf = (kind: string, name: string) =>
      steps.find(({ action }) => action.kind === kind && JSON.stringify(action).includes(`.${name}"`))
    expect(idOf('create-container', 'app')?.after).toContain(idOf('create-container', 'side')?.id)
    expect(idOf('start-container', 'app')?.after).toContain(idOf('start-container', 'side')?.id)
  })

  it('are named by the names that they have in their own task', () => {
    const [side, app] = steps.flatMap(({ action }) =>
      action.kind === 'create-container' ? [createBody(action).HostConfig] : [],
    )
    const name = /^(container:)?prod\.web\.1\.[0-9a-f]{8}\.side(:backend|:ro)?$/
    expect(side).toMatchObject({ IpcMode: 'shareable' })
    expect(side).not.toHaveProperty('PidMode')
    expect(app).toMatchObject({
      IpcMode: expect.stringMatching(name),
      PidMode: expect.stringMatching(name),
      Links: [expect.stringMatching(name)],
      VolumesFrom: [expect.stringMatching(name)],
    })
  })

  it('have nothing left to do once they run, and go together when one was made anew', () => {
    const world = settledWorld(tied, emptyHosts('a'))
    expect(look(tied, world).plan.steps).toEqual([])
    const anew = changeContainers(
      world,
      c => c.identity.container === 'side',
      c => ({ ...c, createdAt: c.createdAt + 1 }),
    )
    expect(look(tied, anew).plan.steps[0]?.cause).toBe('app is tied to a side that is no more')
  })

  it('that were stopped come up in their order', () => {
    const stopped = changeContainers(
      settledWorld(tied, emptyHosts('a')),
      () => true,
      c => ({ ...c, status: 'exited' }),
    )
    const [first, second] = look(tied, stopped).plan.steps
    expect(first?.action).toMatchObject({ container: { name: expect.stringMatching(/\.side$/) } })
    expect(second?.action).toMatchObject({ container: { name: expect.stringMatching(/\.app$/) } })
    expect(second?.after).toEqual([first?.id])
  })
})

describe('startTimeout', () => {
  const waiting = document({
    containerInstances: instances('a'),
    taskDefinitions: {
      web: {
        containerDefinitions: [
          { name: 'init', image: 'init:1', essential: false, startTimeout: 60 },
          { name: 'app', image: 'app:1', dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }] },
        ],
      },
    },
    services: { web: { taskDefinition: 'web' } },
  })
  const definition = waiting.taskDefinitions.web

  it('fails the task whose container has not become in time what another waits for', () => {
    const begun = simulate(emptyHosts('a'), look(waiting, emptyHosts('a')).plan)
    const stateAfter = (seconds: number) => {
      const later = changeContainers(
        begun,
        c => c.identity.container === 'init',
        c => ({ ...c, startedAt: c.startedAt - seconds * 1000 }),
      )
      const task = tasksByService(later).get('web')?.[0]
      return task && definition && taskState(task, definition, 0)
    }
    expect(stateAfter(60)).toBe('INCOMPLETE')
    expect(stateAfter(61)).toBe('FAILED')
  })
})

describe('runtimePlatform', () => {
  it('places where its images run, and says so where that is nowhere', () => {
    const platform = (cpuArchitecture: string) =>
      document({
        containerInstances: instances('a'),
        taskDefinitions: {
          web: {
            runtimePlatform: { cpuArchitecture, operatingSystemFamily: 'LINUX' },
            containerDefinitions: [{ name: 'app', image: 'app:1' }],
          },
        },
        services: { web: { taskDefinition: 'web' } },
      })
    const own = look(platform('X86_64'), emptyHosts('a'))
    expect(own.plan.steps[0]?.action).toMatchObject({ kind: 'pull-image', platform: 'linux/amd64' })
    const other = look(platform('ARM64'), emptyHosts('a'))
    expect(other.plan.steps).toEqual([])
    expect(JSON.stringify(other.services)).toContain('attribute:ecs.cpu-architecture == arm64')
  })
})

describe('settings differ', () => {
  const changed = (actual: Settings, desired: Settings) => settingChanges(actual, desired).map(c => c.field)

  it('in what they mean, not in how they are written', () => {
    expect(changed({ CapAdd: ['CAP_KILL', 'net_admin'] }, { CapAdd: ['NET_ADMIN', 'KILL'] })).toEqual([])
    expect(changed({ CapAdd: ['KILL'] }, {})).toEqual(['linuxParameters.capabilities.add'])
    expect(changed({ SecurityOpt: ['label=disable'], PidMode: 'host' }, { PidMode: 'host' })).toEqual([])
    expect(changed({ SecurityOpt: ['apparmor:x'] }, { SecurityOpt: ['apparmor=x'] })).toEqual([])
    expect(changed({ Dns: ['10.0.0.1', '10.0.0.2'] }, { Dns: ['10.0.0.2', '10.0.0.1'] })).toEqual([
      'dnsServers',
    ])
  })

  it('not where the daemon has a default of its own, or the kernel cannot do it', () => {
    const own = {
      Hostname: 'h',
      ShmSize: 1,
      IpcMode: 'shareable',
      Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
    }
    expect(changed(own, {})).toEqual([])
    expect(changed({}, { MemorySwap: 1, MemorySwappiness: 1 })).toEqual([])
    expect(changed({ MemorySwap: 2 }, { MemorySwap: 1 })).toEqual(['linuxParameters.maxSwap'])
    expect(changed({ IpcMode: 'host' }, {})).toEqual(['ipcMode'])
  })
})
