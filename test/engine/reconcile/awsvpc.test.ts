import { describe, expect, it } from 'vitest'
import { createBody } from '../../../engine/apply/create-body.ts'
import type { DesiredState } from '../../../engine/desired-state/desired-state.generated.ts'
import { parseDesiredState } from '../../../engine/desired-state/parse.ts'
import { revisionOf, storedTaskDefinition } from '../../../engine/identity.ts'
import type { ObservedContainer } from '../../../engine/observed-state.ts'
import { PAUSE_IMAGE } from '../../../engine/pause/image.ts'
import { printPlan } from '../../../engine/print-plan.ts'
import { taskRows } from '../../../engine/ps.ts'
import { asRun } from '../../../engine/task-network.ts'
import {
  changeContainers,
  document,
  emptyHosts,
  instances,
  look,
  printWaves,
  settledWorld,
} from '../../support/worlds.ts'

function service(...containerDefinitions: object[]): DesiredState {
  return document({
    containerInstances: instances('a'),
    taskDefinitions: { app: { networkMode: 'awsvpc', containerDefinitions } },
    services: { app: { taskDefinition: 'app' } },
  })
}

const web = { name: 'web', image: 'web:1', portMappings: [{ containerPort: 80, hostPort: 80 }] }
const side = { name: 'side', image: 'side:1', essential: false }
const empty = emptyHosts('a')
const two = service(web, side)
const settled = settledWorld(two, empty)
const lines = (text: string[]) => text.map(line => line.replaceAll(PAUSE_IMAGE, 'PAUSE'))

function change(name: string, parts: Partial<ObservedContainer> | undefined) {
  return changeContainers(
    settled,
    c => c.identity.container === name,
    c => parts && { ...c, ...parts },
  )
}

describe('an awsvpc task of several containers', () => {
  it('is made with a pause container first, on the network of the cluster', () => {
    expect(lines(printWaves(two, empty))).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a import PAUSE (1 desired, none runs)",
        " 1 a pull web@sha256:12ae39e4… (1 desired, none runs)",
        " 2 a pull side@sha256:3c7f8997… (1 desired, none runs)",
        "wave 2",
        " 0 a create network prod.tasks (1 desired, none runs)",
        " 1 a create app.1 internal.pause of c18546cd after 0 (1 desired, none runs)",
        " 2 a create app.1 web of c18546cd after 0, 1 (1 desired, none runs)",
        " 3 a create app.1 side of c18546cd after 0, 1 (1 desired, none runs)",
        " 4 a start prod.app.1.c18546cd.internal.pause after 1 (1 desired, none runs)",
        " 5 a start prod.app.1.c18546cd.web after 2, 4 (1 desired, none runs)",
        " 6 a start prod.app.1.c18546cd.side after 3, 4 (1 desired, none runs)",
      ]
    `)
  })

  it('that is as the document says plans nothing', () => {
    expect(look(two, settled).plan.steps).toEqual([])
  })

  it('ends with its pause container, and then its network', () => {
    expect(printWaves(document({ containerInstances: instances('a') }), settled)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a stop prod.app.1.c18546cd.side (up to 30 s) (no longer in the document)",
        " 1 a remove prod.app.1.c18546cd.side after 0 (no longer in the document)",
        " 2 a stop prod.app.1.c18546cd.web (up to 30 s) (no longer in the document)",
        " 3 a remove prod.app.1.c18546cd.web after 2 (no longer in the document)",
        " 4 a stop prod.app.1.c18546cd.internal.pause (up to 5 s) after 0, 2 (no longer in the document)",
        " 5 a remove prod.app.1.c18546cd.internal.pause after 4 (no longer in the document)",
        "wave 2",
        " 0 a remove network prod.tasks (no task is on it any more)",
      ]
    `)
  })

  it.each([
    ['was started again since', { startedAt: 10 ** 15 }],
    ['has ended', { status: 'exited' as const }],
    ['was removed', undefined],
  ])('is replaced whole where its pause container %s', (_, parts) => {
    const { plan } = look(two, change('internal.pause', parts))
    const removed = plan.steps.filter(s => s.action.kind === 'remove-container')
    expect(removed).toHaveLength(parts ? 3 : 2)
    expect(removed[0]?.cause).toMatch(/its network with it/)
  })

  it('gets back what Docker could not start after a reboot', () => {
    const down = { status: 'exited', exitCode: 128, finishedAt: 1 } as const
    expect(printPlan(look(two, change('web', down)).plan)).toMatchInlineSnapshot(`
      [
        " 0 a start prod.app.1.c18546cd.web (it was stopped or paused)",
      ]
    `)
  })

  it('whose network was removed is made anew: Docker starts it on no other', () => {
    const gone = changeContainers(
      settled,
      c => c.identity.container === 'internal.pause',
      c => ({ ...c, networkId: 'gone' }),
    )
    expect(look(two, gone).plan.steps.map(s => s.cause)).toContainEqual(
      expect.stringContaining('the network that it was on is gone'),
    )
  })

  it('shows its ports where they were asked for, and no pause container', () => {
    const ports = [{ containerPort: 80, hostPort: 80, protocol: 'tcp' as const }]
    const rows = taskRows(change('internal.pause', { ports }))
    expect(rows.map(r => [r.container, r.ports])).toEqual([
      ['side', []],
      ['web', ports],
    ])
  })

  it('has the revision and the label of what a person wrote', () => {
    const task = two.taskDefinitions['app']
    if (!task) throw new Error('it is there')
    expect(asRun(task)).not.toBe(task)
    expect(revisionOf('app', asRun(task))).toBe(revisionOf('app', task))
    expect(storedTaskDefinition(asRun(task))).not.toContain('pause')
  })

  it('publishes on its pause container, which the others join', () => {
    const bodies = look(two, empty).plan.steps.flatMap(({ action }) =>
      action.kind === 'create-container' ? [createBody(action)] : [],
    )
    const name = /^prod\.app\.1\.[0-9a-f]{8}\.internal\.pause$/
    expect(bodies.map(b => b.HostConfig?.NetworkMode)).toEqual([
      'prod.tasks',
      expect.stringMatching(new RegExp(`^container:${name.source.slice(1)}`)),
      expect.stringMatching(new RegExp(`^container:${name.source.slice(1)}`)),
    ])
    expect(bodies.map(b => Object.keys(b.HostConfig?.PortBindings ?? {}))).toEqual([['80/tcp'], [], []])
    expect(bodies[0]?.Labels?.['com.amazonaws.ecs.container-name']).toBe('~internal~ecs~pause')
  })
})

describe('an awsvpc task of one container', () => {
  it('has its own address and no pause container', () => {
    expect(printWaves(service({ ...web, portMappings: [] }), empty)).toMatchInlineSnapshot(`
      [
        "wave 1",
        " 0 a pull web@sha256:12ae39e4… (1 desired, none runs)",
        "wave 2",
        " 0 a create network prod.tasks (1 desired, none runs)",
        " 1 a create app.1 web of 8b849f72 after 0 (1 desired, none runs)",
        " 2 a start prod.app.1.8b849f72.web after 1 (1 desired, none runs)",
      ]
    `)
  })
})

describe('an awsvpc task definition', () => {
  const problems = (...containerDefinitions: object[]) => {
    const parsed = parseDesiredState({
      schemaVersion: 1,
      cluster: 'prod',
      taskDefinitions: { app: { networkMode: 'awsvpc', containerDefinitions } },
    })
    return parsed.ok
      ? []
      : parsed.problems.map(p => `${p.pointer.split('/').slice(4).join('/')} ${p.message}`)
  }

  it('refuses what belongs to the address, and a host port that is another', () => {
    expect(
      problems(
        { name: 'a', image: 'a', hostname: 'me', extraHosts: [{ hostname: 'x', ipAddress: '10.0.0.1' }] },
        { name: 'b', image: 'b', links: ['a'], dnsServers: ['10.0.0.1'] },
        { name: 'c', image: 'c', portMappings: [{ containerPort: 80, hostPort: 8080 }] },
      ),
    ).toEqual([
      '0/hostname is not for network mode awsvpc',
      '0/extraHosts is not for network mode awsvpc',
      '1/dnsServers is not for network mode awsvpc',
      '1/links links are for network mode bridge, not awsvpc',
      "2/portMappings/0/hostPort must be the container's own port 80 in network mode awsvpc",
    ])
  })

  it('maps a port of the address once', () => {
    const port = { portMappings: [{ containerPort: 80 }] }
    expect(problems({ name: 'a', image: 'a', ...port }, { name: 'b', image: 'b', ...port })).toEqual([
      '1/portMappings/0 port 80/tcp is mapped by this task already: its containers share one address',
    ])
  })
})
