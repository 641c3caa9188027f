import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DesiredStateDocument } from '../../engine/desired-state/document.generated.ts'
import { hasLab, Scenario } from './support.ts'

describe.runIf(hasLab)('a tag that has moved', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 1 })
    await point('web:1')
    await scenario.apply(document([1, 1]))
    await point('web:2')
  })
  afterAll(() => scenario.end())

  const point = (to: string) => scenario.lab.registry.tag(`lab/${to}`, 'lab/web:moving')

  /** A service that keeps its image and one that follows the tag. */
  const document = (
    [keeps, follows]: readonly [number, number],
    mode = 'a',
    more: Partial<DesiredStateDocument> = {},
  ) => {
    const container = {
      name: 'web',
      image: scenario.lab.registry.image('web:moving'),
      memory: 32,
      stopTimeout: 5,
      environment: [{ name: 'MODE', value: mode }],
    }
    const service = { deploymentConfiguration: { steadyAfterSeconds: 1 } }
    return scenario.document({
      taskDefinitions: {
        keeps: { containerDefinitions: [container] },
        follows: { containerDefinitions: [{ ...container, versionConsistency: 'disabled' }] },
      },
      services: {
        keeps: { ...service, taskDefinition: 'keeps', desiredCount: keeps },
        follows: { ...service, taskDefinition: 'follows', desiredCount: follows },
      },
      ...more,
    })
  }

  /** Which of the two images each task of a service runs, sorted. */
  const versions = async (service: string): Promise<string[]> => {
    const tasks = (await scenario.containers()).filter(c => c.service === service)
    const images = await Promise.all(
      tasks.map(c => scenario.host(0).docker('inspect', '-f', '{{.Config.Image}}', c.id)),
    )
    const names = new Map([...scenario.lab.registry.digests].map(([name, digest]) => [digest, name]))
    return images.map(image => names.get(image.split('@')[1] ?? '') ?? image).sort()
  }

  it('is no difference for tasks that run, whether they follow it or not', async () => {
    const diff = await scenario.diff(document([1, 1]))
    expect(diff, diff.stdout).toMatchObject({ code: 0 })
  })

  it('is what a further task of a container that follows it runs, and of no other', async () => {
    await scenario.apply(document([2, 1]))
    await scenario.apply(document([2, 2]))
    expect(await versions('keeps')).toEqual(['lab/web:1', 'lab/web:1'])
    expect(await versions('follows')).toEqual(['lab/web:1', 'lab/web:2'])
    expect(await scenario.diff(document([2, 2]))).toMatchObject({ code: 0 })
  })

  it('is not asked for where the cluster prefers what its hosts have', async () => {
    await point('web:1')
    await scenario.apply(document([1, 1], 'b', { imagePullBehavior: 'prefer-cached' }))
    // the newest task with this tag runs it
    expect(await versions('keeps')).toEqual(['lab/web:2'])
  })

  it('is what a new revision runs', async () => {
    await scenario.apply(document([1, 1], 'c'))
    expect(await versions('keeps')).toEqual(['lab/web:1'])
    expect(await versions('follows')).toEqual(['lab/web:1'])
  })
})
