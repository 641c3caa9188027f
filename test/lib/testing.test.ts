import { describe, expect, test } from 'vitest'
import { App, Cluster, ContainerImage, Service, SynthError, TaskDefinition } from '../../lib/index.ts'
import { Match, Template } from '../../lib/testing.ts'

function shop(): { app: App; prod: Cluster } {
  const app = new App()
  const prod = new Cluster(app, 'prod')
  new Cluster(app, 'staging')
  prod.addContainerInstance('fra-1', { address: 'ssh://fra-1', attributes: { zone: 'a' } })
  const web = new TaskDefinition(prod, 'web')
  web.addContainer('nginx', {
    image: ContainerImage.fromRegistry('nginx:1.29'),
    environment: { A: '1', B: '2' },
    portMappings: [{ containerPort: 80 }],
  })
  new Service(prod, 'web', { taskDefinition: web, desiredCount: 6, minHealthyPercent: 50 })
  new Service(prod, 'api', { taskDefinition: web, desiredCount: 2 })
  return { app, prod }
}

const template = Template.fromCluster(shop().prod)

describe('what holds', () => {
  test('parts of services, task definitions, containers and instances', () => {
    template.hasService('web')
    template.hasService('web', { desiredCount: 6, deploymentConfiguration: { minimumHealthyPercent: 50 } })
    template.hasService('api', { deploymentConfiguration: Match.absent(), desiredCount: Match.anyValue() })
    template.hasTaskDefinition('web', { containerDefinitions: [{ image: 'nginx:1.29' }] })
    template.hasContainerDefinition('web', 'nginx', { environment: Match.arrayWith([{ name: 'B' }]) })
    template.hasContainerInstance('fra-1', { attributes: Match.exact({ zone: 'a' }) })
    template.serviceCountIs(2)
    template.taskDefinitionCountIs(1)
    template.containerInstanceCountIs(1)
  })

  test('find gives what fits, by name', () => {
    expect(Object.keys(template.findServices({ taskDefinition: 'web' }))).toEqual(['api', 'web'])
    expect(template.findServices({ desiredCount: 2 })).toEqual({
      api: { taskDefinition: 'web', desiredCount: 2 },
    })
    expect(template.findTaskDefinitions({ networkMode: Match.anyValue() })).toEqual({})
    expect(Object.keys(template.findContainerInstances())).toEqual(['fra-1'])
  })

  test('toJSON is a copy', () => {
    const copy = template.toJSON()
    expect(copy.cluster).toBe('prod')
    copy.cluster = 'other'
    expect(template.toJSON().cluster).toBe('prod')
  })
})

describe('what does not hold says where', () => {
  test.each<[() => void, string]>([
    [
      () => template.hasService('web', { desiredCount: 3 }),
      'service web is not as expected\n  /desiredCount: expected 3, found 6\nit is {',
    ],
    [
      () => template.hasService('web', { placementStrategy: [] }),
      '/placementStrategy: expected [], found nothing',
    ],
    [
      () => template.hasService('web', { desiredCount: Match.absent() }),
      '/desiredCount: expected nothing, found 6',
    ],
    [
      () => template.hasService('wbe', { desiredCount: 6 }),
      'there is no service wbe; there are: api, web (which fits)',
    ],
    [
      () => template.hasContainerDefinition('web', 'nginx', { portMappings: [{ containerPort: 81 }, {}] }),
      '/portMappings/0/containerPort: expected 81, found 80\n  /portMappings/1: expected {}, found nothing',
    ],
    [
      () =>
        template.hasContainerDefinition('web', 'nginx', {
          environment: Match.arrayWith([{ name: 'B' }, { name: 'A' }]),
        }),
      '/environment: expected {"name":"A"} in [',
    ],
    [
      () => template.hasContainerInstance('fra-1', { attributes: Match.exact({}) }),
      '/attributes/zone: expected nothing, found "a"',
    ],
    [() => template.hasTaskDefinition('toString'), 'there is no task definition toString; there are: web'],
    [() => template.serviceCountIs(3), 'expected 3 services, found 2: api, web'],
  ])('%#', (assertion, message) => {
    expect(assertion).toThrow(message)
  })
})

describe('fromApp', () => {
  test('takes the only cluster, or the one that is named', () => {
    const { app } = shop()
    Template.fromApp(app, 'staging').serviceCountIs(0)
    expect(() => Template.fromApp(app)).toThrow('the app has 2 clusters; name one: prod, staging')
    expect(() => Template.fromApp(app, 'test')).toThrow('there is no cluster test, only prod, staging')
    const one = new App()
    new Cluster(one, 'one')
    Template.fromApp(one).containerInstanceCountIs(0)
  })

  test('of an invalid app throws its errors', () => {
    const app = new App()
    new TaskDefinition(new Cluster(app, 'one'), 'web')
    expect(() => Template.fromApp(app)).toThrow(SynthError)
  })
})
