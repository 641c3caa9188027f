import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LabHost } from '../lab/lab-host.ts'
import { hasLab, Scenario, webTask } from './support.ts'

describe.runIf(hasLab)('what is not this cluster’s on a host', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 1 })
  })
  afterAll(() => scenario.end())

  it('is byte-identical in docker inspect after apply and destroy', async () => {
    const host = scenario.host(0)
    const image = scenario.lab.registry.image('sleep:1')
    await host.docker('pull', image)
    await host.docker('network', 'create', 'theirs')
    await host.docker('volume', 'create', '--label', 'owner=them', 'theirs')
    await host.docker('run', '-d', '--name', 'running', '--network', 'theirs', '-v', 'theirs:/data', image)
    await host.docker('create', '--name', 'created', image)
    await host.docker(
      'run',
      '-d',
      '--name',
      'other',
      '--label',
      'stowage.cluster=other',
      '--label',
      'stowage.service=web',
      image,
    )
    await host.docker('run', '--name', 'exited', image, 'true')
    await host.docker('run', '-d', '--name', 'published', '-p', '8081:80', image)
    const before = await inspectTheirs(host)

    const document = scenario.document({
      taskDefinitions: {
        web: webTask(scenario.lab.registry.image('web:1'), {
          container: { mountPoints: [{ sourceVolume: 'theirs', containerPath: '/theirs' }] },
          task: {
            volumes: [
              { name: 'theirs', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } },
            ],
          },
        }),
      },
      services: { web: { taskDefinition: 'web', desiredCount: 2 } },
    })
    await scenario.apply(document)
    expect(await inspectTheirs(host)).toEqual(before)
    expect((await scenario.stowage('destroy', document, '--yes', '--volumes')).code).toBe(0)
    expect(await inspectTheirs(host)).toEqual(before)
    expect(await scenario.containers()).toEqual([])
  })
})

async function inspectTheirs(host: LabHost): Promise<string[]> {
  const names = ['running', 'created', 'other', 'exited', 'published']
  return Promise.all([
    ...names.map(name => host.docker('container', 'inspect', name)),
    host.docker('network', 'inspect', 'theirs'),
    host.docker('volume', 'inspect', 'theirs'),
  ])
}
