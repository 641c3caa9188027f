import { describe, expect, it } from 'vitest'
import { containerName, revisionOf } from '../../engine/identity.ts'
import { removeContainer } from '../fake/containers.ts'
import { addForeign } from './bystanders.ts'
import { type ApplyHooks, closeClustersAfterEach, describeAttempt, FakeCluster } from './cluster.ts'
import { stateOf } from './state.ts'

closeClustersAfterEach()

const PORT = 8080

function documentOf(cluster: FakeCluster) {
  const portMappings = [{ containerPort: 80, hostPort: PORT }]
  return cluster.document({
    taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image: 'app:1', portMappings }] } },
    services: { web: { taskDefinition: 'web', desiredCount: 1 } },
  })
}

/** Between the plan and the apply, and between the apply's own look and its first wave. */
const MOMENTS = ['after the plan', 'after the look'] as const

/** Seen before the start it is one of the hosts that cannot take the task; found at the start it is that host's. */
const SAID = {
  'after the plan': /^ PLACEMENT_FAILED .*1 has port 8080\/tcp taken/,
  'after the look': /^a PORT_TAKEN Host port 8080 is taken/,
}

function at(moment: (typeof MOMENTS)[number], happens: () => void): ApplyHooks {
  let isDone = false
  const once = () => {
    if (!isDone) happens()
    isDone = true
  }
  return moment === 'after the plan'
    ? { onPlanned: once }
    : { onEvent: ({ event }) => event === 'services' && once() }
}

describe.for(MOMENTS)('somebody takes, %s,', moment => {
  it('the name of a task: it is told, theirs stays, and once it is gone the next apply finishes', async () => {
    const cluster = await FakeCluster.start({ hosts: 1 })
    const desired = documentOf(cluster)
    const host = cluster.host(0)
    const web = desired.taskDefinitions['web']
    if (!web) throw new Error('no task definition')
    const task = { cluster: 'prod', service: 'web', slot: '1', revision: revisionOf('web', web) }
    const name = containerName(task, 'app')
    const attempt = await cluster.apply(
      desired,
      at(moment, () => addForeign(host, { name })),
    )
    expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('failed')
    expect(attempt.report?.problems).toContainEqual(
      expect.objectContaining({ code: 'NAME_TAKEN', instance: 'a', message: expect.stringContaining(name) }),
    )
    const theirs = [...host.world.containers.values()].find(c => c.name === name)
    expect(theirs).toMatchObject({ status: 'running', config: { Image: 'other:1' } })
    if (theirs) removeContainer(host.world, theirs, true)
    await cluster.applyWell(desired)
    expect(stateOf(cluster)).toEqual([expect.stringMatching(/^a prod\.web\.\d\..*running$/)])
  })

  it('the host port of a task: it is told, theirs stays, and once it is free the next apply finishes', async () => {
    const cluster = await FakeCluster.start({ hosts: 1 })
    const desired = documentOf(cluster)
    const host = cluster.host(0)
    const attempt = await cluster.apply(
      desired,
      at(moment, () => addForeign(host, { name: 'proxy', port: PORT })),
    )
    expect(attempt.report?.outcome, describeAttempt(attempt)).toBe('failed')
    const said = attempt.report?.problems.map(p => `${p.instance ?? ''} ${p.code} ${p.message}`).join('\n')
    expect(said).toMatch(SAID[moment])
    const theirs = [...host.world.containers.values()].find(c => c.name === 'proxy')
    expect(theirs).toMatchObject({ status: 'running', ports: [{ hostPort: PORT }] })
    if (theirs) removeContainer(host.world, theirs, true)
    await cluster.applyWell(desired)
    expect(stateOf(cluster)).toEqual([expect.stringMatching(/^a prod\.web\.\d\..*running$/)])
  })
})

it('a port that is taken on one host only moves the task to another', async () => {
  const cluster = await FakeCluster.start({ hosts: 2 })
  const desired = documentOf(cluster)
  await cluster.applyWell(
    desired,
    at('after the look', () => addForeign(cluster.host(0), { name: 'proxy', port: PORT })),
  )
  expect(stateOf(cluster)).toEqual([expect.stringMatching(/^b prod\.web\.\d\..*running$/)])
})
