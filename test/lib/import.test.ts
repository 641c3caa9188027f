import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { DesiredStateDocument } from '../../engine/desired-state/document.generated.ts'
import { parseDesiredState } from '../../engine/desired-state/parse.ts'
import { App, Cluster, ContainerImage, Service, SynthError, TaskDefinition } from '../../lib/index.ts'
import { Template } from '../../lib/testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'stowage-import-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function cluster(): Cluster {
  return new Cluster(new App(), 'prod')
}

function documentOf(prod: Cluster): DesiredStateDocument {
  return Template.fromCluster(prod).toJSON()
}

const WEB = {
  family: 'web',
  containerDefinitions: [{ name: 'nginx', image: 'nginx:1', memory: 64 }],
}

function problemsOf(make: () => unknown): string[] {
  try {
    make()
  } catch (error) {
    if (error instanceof SynthError) return error.problems.map(p => `${p.path} ${p.message}`)
    throw error
  }
  return []
}

describe('TaskDefinition.fromJson', () => {
  it('gives constructs, to which more can be added', () => {
    const prod = cluster()
    const web = TaskDefinition.fromJson(prod, 'web', WEB)
    web.findContainer('nginx')?.addEnvironment('MODE', 'fast')
    web.addContainer('side', { image: ContainerImage.fromRegistry('side:1'), essential: false })
    expect(documentOf(prod).taskDefinitions?.['web']).toEqual({
      containerDefinitions: [
        { name: 'nginx', image: 'nginx:1', memory: 64, environment: [{ name: 'MODE', value: 'fast' }] },
        { name: 'side', image: 'side:1', essential: false },
      ],
    })
  })

  it('takes the id where there is no family, and a text', () => {
    const prod = cluster()
    TaskDefinition.fromJson(prod, 'other', JSON.stringify({ containerDefinitions: WEB.containerDefinitions }))
    expect(Object.keys(documentOf(prod).taskDefinitions ?? {})).toEqual(['other'])
  })

  it('tells all that is wrong at once, with its construct', () => {
    const bad = { ...WEB, taskRoleArn: 'arn:aws:iam::1:role/r', status: 'ACTIVE', cpu: 256 }
    expect(problemsOf(() => TaskDefinition.fromJson(cluster(), 'web', bad))).toEqual([
      'prod/web /status: is what tools only show: lenient, it is left out',
      'prod/web /cpu: is a number: lenient, it is text',
      expect.stringMatching(/^prod\/web \/taskRoleArn: taskRoleArn does nothing here: /),
    ])
  })

  it('keeps what is ignored in the document, which says that it is left out', () => {
    const prod = cluster()
    const task = {
      ...WEB,
      taskRoleArn: 'arn:aws:iam::1:role/r',
      containerDefinitions: [
        {
          ...WEB.containerDefinitions[0],
          secrets: [
            { name: 'A', valueFrom: 'arn:aws:ssm:x:1:parameter/a' },
            { name: 'B', valueFrom: 'env:B' },
          ],
          logConfiguration: { logDriver: 'awslogs' },
        },
      ],
    }
    const ignoreUnsupported = ['taskRoleArn', 'secrets:aws', 'logConfiguration:awslogs']
    TaskDefinition.fromJson(prod, 'web', task, { ignoreUnsupported })
    const parsed = parseDesiredState(documentOf(prod))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
    expect(parsed.warnings.map(w => w.message.split(' ', 1).join()).sort()).toEqual(ignoreUnsupported.sort())
    expect(parsed.state.taskDefinitions['web']?.containerDefinitions[0]?.secrets).toHaveLength(1)
  })
})

describe('TaskDefinition.fromFile', () => {
  it('reads what describe-task-definition printed', () => {
    const file = join(folder, 'web.json')
    writeFileSync(file, JSON.stringify({ taskDefinition: { ...WEB, revision: 3, pidMode: '' } }))
    const prod = cluster()
    TaskDefinition.fromFile(prod, 'web', file, { lenient: true })
    expect(documentOf(prod).taskDefinitions?.['web']).toEqual({
      containerDefinitions: WEB.containerDefinitions,
    })
  })

  it('names a file that is not there', () => {
    const file = join(folder, 'none.json')
    expect(problemsOf(() => TaskDefinition.fromFile(cluster(), 'web', file))).toEqual([
      expect.stringContaining(`prod/web ${file} cannot be read`),
    ])
  })
})

describe('Service.fromJson', () => {
  const SERVICE = {
    cluster: 'arn:aws:ecs:eu-west-1:1:cluster/prod',
    serviceName: 'front',
    taskDefinition: 'arn:aws:ecs:eu-west-1:1:task-definition/web:7',
    desiredCount: 3,
    deploymentConfiguration: {
      minimumHealthyPercent: 50,
      maximumPercent: 150,
      strategy: 'ROLLING',
      deploymentCircuitBreaker: { enable: true, rollback: true },
    },
    placementConstraints: [
      { type: 'distinctInstance' },
      { type: 'memberOf', expression: 'attribute:zone == a' },
    ],
    placementStrategy: [
      { type: 'spread', field: 'attribute:zone' },
      { type: 'binpack', field: 'memory' },
      { type: 'random' },
    ],
    enableExecuteCommand: true,
    healthCheckGracePeriodSeconds: 30,
    launchType: 'EC2',
    loadBalancers: [],
  }

  it('gives the service of a document', () => {
    const prod = cluster()
    const web = TaskDefinition.fromJson(prod, 'web', WEB)
    Service.fromJson(prod, 'front', SERVICE, { taskDefinition: web })
    const { strategy: _, ...deploymentConfiguration } = SERVICE.deploymentConfiguration
    expect(documentOf(prod).services?.['front']).toEqual({
      taskDefinition: 'web',
      desiredCount: 3,
      deploymentConfiguration,
      placementConstraints: SERVICE.placementConstraints,
      placementStrategy: SERVICE.placementStrategy,
      enableExecuteCommand: true,
      healthCheckGracePeriodSeconds: 30,
    })
  })

  it('takes what describe-services prints of a daemon, and keeps what is ignored', () => {
    const prod = cluster()
    const web = TaskDefinition.fromJson(prod, 'web', WEB)
    const printed = {
      services: [
        {
          serviceArn: 'arn:aws:ecs:x:1:service/prod/agent',
          serviceName: 'agent',
          clusterArn: 'arn:aws:ecs:x:1:cluster/prod',
          taskDefinition: 'arn:aws:ecs:x:1:task-definition/web:7',
          schedulingStrategy: 'DAEMON',
          desiredCount: 2,
          runningCount: 2,
          pendingCount: 0,
          status: 'ACTIVE',
          launchType: 'FARGATE',
          events: [],
          deployments: [{}],
          createdAt: 1,
        },
      ],
      failures: [],
    }
    Service.fromJson(prod, 'agent', printed, {
      taskDefinition: web,
      lenient: true,
      ignoreUnsupported: ['launchType'],
    })
    expect(documentOf(prod).services?.['agent']).toEqual({
      taskDefinition: 'web',
      schedulingStrategy: 'DAEMON',
      ignoreUnsupported: ['launchType'],
      launchType: 'FARGATE',
    })
  })

  it('refuses another task definition, another cluster, and what nothing here does', () => {
    const prod = cluster()
    const other = TaskDefinition.fromJson(prod, 'other', { ...WEB, family: 'other' })
    const service = {
      ...SERVICE,
      cluster: 'test',
      loadBalancers: [{ targetGroupArn: 'a' }],
      desiredCount: '3',
    }
    expect(problemsOf(() => Service.fromJson(prod, 'front', service, { taskDefinition: other }))).toEqual([
      'prod/front /desiredCount: is "3": lenient, it is 3',
      expect.stringMatching(/^prod\/front \/loadBalancers: loadBalancers does nothing here: /),
      'prod/front /taskDefinition: is web, and it is given other',
      'prod/front /cluster: is test, and it is given prod',
    ])
  })
})
