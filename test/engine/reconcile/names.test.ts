import { describe, expect, it } from 'vitest'
import { document, emptyHosts, instances, look, settledWorld } from '../../support/worlds.ts'

const web = (parts: object = {}) =>
  document({
    containerInstances: instances('a'),
    taskDefinitions: { app: { containerDefinitions: [{ name: 'app', image: 'app:1' }] } },
    services: { web: { taskDefinition: 'app' }, ...parts },
  })
const more = { other: { taskDefinition: 'app' } }

/** Where a container of the service `other` was given the name that the one of `web` is to have. */
function taken() {
  const world = settledWorld(web(more), emptyHosts('a'))
  const { a } = world.instances
  if (!a?.reachable) throw new Error('a is there')
  const mine = a.containers.find(c => c.identity.service === 'web')
  const theirs = a.containers.find(c => c.identity.service === 'other')
  if (!mine || !theirs) throw new Error('they are there')
  return { a, mine, theirs }
}

describe('the name of a container that is to be made', () => {
  const { a, mine, theirs } = taken()

  it('that a container of nobody of ours has is told with its id', () => {
    const foreign = [{ id: '0123456789abcdef', name: mine.name, ports: [], imageId: '' }]
    const { problems } = look(web(), { instances: { a: { ...a, containers: [], foreign } } })
    expect(problems).toMatchObject([{ code: 'NAME_TAKEN', service: 'web', instance: 'a' }])
    expect(problems[0]?.message).toBe(
      `web.1 cannot be made on a: the name ${mine.name} belongs to the container 0123456789ab, which is not this cluster's`,
    )
  })

  it('that another service has is told as that', () => {
    const renamed = { ...theirs, id: 'fedcba9876543210', name: mine.name }
    const { problems } = look(web(more), { instances: { a: { ...a, containers: [renamed] } } })
    expect(problems.find(p => p.service === 'web')?.message).toBe(
      `web.1 cannot be made on a: the name ${mine.name} belongs to the container fedcba987654, which was renamed and belongs to other`,
    )
  })

  it('that a service has which goes in this wave is waited for, without a word', () => {
    const renamed = { ...theirs, name: mine.name }
    const { problems, plan } = look(web(), { instances: { a: { ...a, containers: [renamed] } } })
    expect(problems).toEqual([])
    expect(plan.steps.map(s => s.action.kind)).toEqual(['stop-container', 'remove-container'])
  })
})
