import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Construct } from 'constructs'
import { afterEach, describe, expect, test } from 'vitest'
import { parseDesiredState } from '../../engine/desired-state/parse.ts'
import { printDocument } from '../../lib/document.ts'
import {
  App,
  Cluster,
  ContainerDependencyCondition,
  ContainerImage,
  ContainerInstance,
  ContainerInstanceStatus,
  Duration,
  EnvironmentFile,
  LogDrivers,
  NetworkMode,
  PlacementConstraint,
  PlacementStrategy,
  Protocol,
  RunTask,
  Scope,
  Service,
  SynthError,
  TaskDefinition,
  ThresholdType,
} from '../../lib/index.ts'
import { synthesize } from '../../lib/synth.ts'

const image = ContainerImage.fromRegistry('nginx:1.29')
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'stowage-synth-'))
  folders.push(made)
  return made
}

/** The errors of synth, as "path: message"; [] where there are none. */
function errors(build: (app: App, prod: Cluster) => void): string[] {
  const app = new App()
  build(app, new Cluster(app, 'prod'))
  try {
    synthesize(app)
    return []
  } catch (error) {
    if (!(error instanceof SynthError)) throw error
    return error.problems.map(p => `${p.path}: ${p.message}`)
  }
}

function nginx(scope: Construct, id = 'web'): TaskDefinition {
  const task = new TaskDefinition(scope, id)
  task.addContainer('nginx', { image })
  return task
}

function everything(outdir: string): App {
  const app = new App({ outdir })
  const prod = new Cluster(app, 'prod', { lostAfter: Duration.hours(1) })
  prod.addContainerInstance('fra-1', { address: 'ssh://deploy@fra-1', attributes: { zone: 'a' } })
  prod.addContainerInstance('fra-2', {
    address: 'ssh://fra-2',
    status: ContainerInstanceStatus.DRAINING,
    lostAfter: Duration.minutes(10),
  })
  const web = new TaskDefinition(prod, 'web', {
    networkMode: NetworkMode.BRIDGE,
    volumes: [{ name: 'etc', host: { sourcePath: '/etc/web' } }],
    placementConstraints: [PlacementConstraint.memberOf('attribute:zone == a')],
  })
  web.addVolume({ name: 'data', dockerVolumeConfiguration: { scope: Scope.SHARED, autoprovision: true } })
  const setup = web.addContainer('setup', { image, essential: false, command: ['true'] })
  const main = web.addContainer('main', {
    image,
    containerName: 'nginx',
    entryPoint: ['/entry'],
    environment: { B: '2', A: '1' },
    cpu: 256,
    memoryLimitMiB: 128,
    memoryReservationMiB: 64,
    portMappings: [{ containerPort: 80, hostPort: 8080, protocol: Protocol.TCP, name: 'http' }],
    healthCheck: { command: ['curl', '-fs', 'localhost'], interval: Duration.minutes(1), retries: 5 },
    stopTimeout: Duration.minutes(2),
    user: 'www',
    workingDirectory: '/srv',
    dockerLabels: { team: 'web' },
    logging: LogDrivers.jsonFile({ maxSize: '10m', maxFile: 3 }),
  })
  main.addEnvironment('A', '3')
  main.addDockerLabel('a', 'b')
  main.addPortMappings({ containerPort: 81 })
  main.addMountPoints({ sourceVolume: 'etc', containerPath: '/etc/nginx', readOnly: true })
  main.addContainerDependencies({ container: setup, condition: ContainerDependencyCondition.SUCCESS })
  const service = new Service(prod, 'web', {
    taskDefinition: web,
    desiredCount: 0,
    minHealthyPercent: 50,
    maxHealthyPercent: 150,
    circuitBreaker: {
      rollback: true,
      resetOnHealthyTask: false,
      thresholdConfiguration: { type: ThresholdType.COUNT, value: 5 },
    },
    healthCheckGracePeriod: Duration.minutes(1),
    steadyAfter: Duration.seconds(10),
    placementConstraints: [PlacementConstraint.distinctInstances()],
    placementStrategies: [PlacementStrategy.spreadAcross('attribute:zone', 'instanceId')],
    forceNewDeployment: { enabled: true, nonce: '1' },
  })
  service.addPlacementStrategies(PlacementStrategy.packedByMemory(), PlacementStrategy.randomly())
  const migrate = new RunTask(prod, 'migrate', {
    taskDefinition: web,
    count: 2,
    containerOverrides: [
      {
        containerName: 'setup',
        command: ['migrate'],
        environment: { A: 'b' },
        memoryLimitMiB: 64,
        environmentFiles: [EnvironmentFile.fromAsset('migrate.env')],
        gpuCount: 2,
      },
      { containerName: 'nginx', gpuCount: 0, environmentFiles: [] },
    ],
    memoryMiB: 512,
    group: 'batch',
    startedBy: 'ci/7',
    tags: { team: 'db' },
    placementStrategies: [PlacementStrategy.randomly()],
    nonce: '1',
  })
  service.addDependency(migrate)
  service.addDependency(new Service(prod, 'agent', { taskDefinition: nginx(app, 'agent'), daemon: true }))
  return app
}

describe('synth', () => {
  test('writes one document for each cluster, which parses and holds only what was set', () => {
    const outdir = folder()
    const { documents } = everything(outdir).synth()
    expect(documents.map(d => [d.cluster, d.file])).toEqual([['prod', join(outdir, 'prod.json')]])
    const text = readFileSync(join(outdir, 'prod.json'), 'utf8')
    expect(parseDesiredState(text)).toMatchObject({ ok: true })
    expect(text.endsWith('}\n')).toBe(true)
    expect(JSON.parse(text)).toEqual(documents[0]?.document)
    expect(documents[0]?.document).toEqual({
      $schema: 'https://unpkg.com/stowage@0/dist/engine/desired-state/desired-state.schema.json',
      schemaVersion: 1,
      cluster: 'prod',
      lostAfterSeconds: 3600,
      containerInstances: {
        'fra-1': { address: 'ssh://deploy@fra-1', attributes: { zone: 'a' } },
        'fra-2': { address: 'ssh://fra-2', status: 'DRAINING', lostAfterSeconds: 600 },
      },
      tasks: {
        migrate: {
          taskDefinition: 'web',
          count: 2,
          overrides: {
            containerOverrides: [
              {
                name: 'setup',
                command: ['migrate'],
                environment: [{ name: 'A', value: 'b' }],
                memory: 64,
                environmentFiles: [{ value: 'migrate.env' }],
                resourceRequirements: [{ type: 'GPU', value: '2' }],
              },
              { name: 'nginx', resourceRequirements: [], environmentFiles: [] },
            ],
            memory: '512',
          },
          group: 'batch',
          startedBy: 'ci/7',
          tags: [{ key: 'team', value: 'db' }],
          placementStrategy: [{ type: 'random' }],
          nonce: '1',
        },
      },
      taskDefinitions: {
        agent: { containerDefinitions: [{ name: 'nginx', image: 'nginx:1.29' }] },
        web: {
          networkMode: 'bridge',
          containerDefinitions: [
            { name: 'setup', image: 'nginx:1.29', essential: false, command: ['true'] },
            {
              name: 'nginx',
              image: 'nginx:1.29',
              entryPoint: ['/entry'],
              environment: [
                { name: 'A', value: '3' },
                { name: 'B', value: '2' },
              ],
              cpu: 256,
              memory: 128,
              memoryReservation: 64,
              portMappings: [
                { containerPort: 80, hostPort: 8080, protocol: 'tcp', name: 'http' },
                { containerPort: 81 },
              ],
              healthCheck: { command: ['CMD', 'curl', '-fs', 'localhost'], interval: 60, retries: 5 },
              stopTimeout: 120,
              user: 'www',
              workingDirectory: '/srv',
              dockerLabels: { a: 'b', team: 'web' },
              mountPoints: [{ sourceVolume: 'etc', containerPath: '/etc/nginx', readOnly: true }],
              dependsOn: [{ containerName: 'setup', condition: 'SUCCESS' }],
              logConfiguration: { logDriver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
            },
          ],
          volumes: [
            { name: 'etc', host: { sourcePath: '/etc/web' } },
            { name: 'data', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } },
          ],
          placementConstraints: [{ type: 'memberOf', expression: 'attribute:zone == a' }],
        },
      },
      services: {
        agent: { taskDefinition: 'agent', schedulingStrategy: 'DAEMON' },
        web: {
          taskDefinition: 'web',
          desiredCount: 0,
          deploymentConfiguration: {
            minimumHealthyPercent: 50,
            maximumPercent: 150,
            steadyAfterSeconds: 10,
            deploymentCircuitBreaker: {
              enable: true,
              rollback: true,
              resetOnHealthyTask: false,
              thresholdConfiguration: { type: 'COUNT', value: 5 },
            },
          },
          dependsOn: ['agent', 'migrate'],
          healthCheckGracePeriodSeconds: 60,
          placementConstraints: [{ type: 'distinctInstance' }],
          placementStrategy: [
            { type: 'spread', field: 'attribute:zone' },
            { type: 'spread', field: 'instanceId' },
            { type: 'binpack', field: 'memory' },
            { type: 'random' },
          ],
          forceNewDeployment: { nonce: '1' },
        },
      },
    })
  })

  test('twice gives identical bytes, in any folder', () => {
    const [one, two] = [folder(), folder()]
    const app = everything(one)
    app.synth()
    const first = readFileSync(join(one, 'prod.json'))
    app.synth()
    everything(two).synth()
    expect(readFileSync(join(one, 'prod.json')).equals(first)).toBe(true)
    expect(readFileSync(join(two, 'prod.json')).equals(first)).toBe(true)
  })

  test('writes nothing where there is an error, and leaves other files alone', () => {
    const outdir = folder()
    writeFileSync(join(outdir, 'old.json'), '{}')
    const app = new App({ outdir })
    new Cluster(app, 'good')
    new Cluster(app, 'not good')
    expect(() => app.synth()).toThrow(SynthError)
    expect(readdirSync(outdir)).toEqual(['old.json'])
  })

  test('goes where STOWAGE_OUT says, unless the app says otherwise', () => {
    const before = process.env.STOWAGE_OUT
    process.env.STOWAGE_OUT = '/somewhere'
    try {
      expect(new App().outdir).toBe('/somewhere')
      expect(new App({ outdir: 'here' }).outdir).toBe('here')
      delete process.env.STOWAGE_OUT
      expect(new App().outdir).toBe('stowage.out')
    } finally {
      if (before === undefined) delete process.env.STOWAGE_OUT
      else process.env.STOWAGE_OUT = before
    }
  })
})

describe('what goes into which document', () => {
  test('a task definition goes to every cluster with a service of it, and to the one it stands in', () => {
    const app = new App()
    const [a, b] = [new Cluster(app, 'a'), new Cluster(app, 'b', { clusterName: 'beta' })]
    const group = new Construct(a, 'group')
    nginx(group, 'unused')
    const shared = nginx(app, 'shared')
    nginx(app, 'nowhere')
    new Service(group, 'one', { taskDefinition: shared })
    new Service(app, 'two', { taskDefinition: shared, cluster: b, serviceName: 'zwei' })
    new ContainerInstance(group, 'host', { address: 'unix:///var/run/docker.sock' })
    const [first, second] = synthesize(app)
    expect(Object.keys(first?.taskDefinitions ?? {})).toEqual(['shared', 'unused'])
    expect(Object.keys(first?.containerInstances ?? {})).toEqual(['host'])
    expect(Object.keys(first?.services ?? {})).toEqual(['one'])
    expect(second).toMatchObject({ cluster: 'beta', services: { zwei: { taskDefinition: 'shared' } } })
    expect(Object.keys(second?.taskDefinitions ?? {})).toEqual(['shared'])
  })

  test('a service and its task definition may have one id', () => {
    expect(errors((_, prod) => new Service(prod, 'web', { taskDefinition: nginx(prod, 'web') }))).toEqual([])
  })

  test('the printed text does not depend on the order of keys', () => {
    const task = { containerDefinitions: [{ image: 'i', name: 'n' }] }
    const one = printDocument({ cluster: 'c', schemaVersion: 1, taskDefinitions: { b: task, a: task } })
    expect(one).toBe(printDocument({ taskDefinitions: { a: task, b: task }, schemaVersion: 1, cluster: 'c' }))
  })
})

test('an error that nobody caught prints its message and no more', () => {
  const error = new SynthError([
    { path: 'prod/web/nginx', message: 'one' },
    { path: '', message: 'two' },
  ])
  expect(error.stack).toBe(
    'SynthError [SYNTH_INVALID]: 2 errors\n  prod/web/nginx: one\n  (app): two\n    at synthesize',
  )
  expect(error.code).toBe('SYNTH_INVALID')
  expect(Object.keys(error)).toEqual(['name'])
})

describe('errors of constructs', () => {
  test('come all at once, each with its path', () => {
    const found = errors((app, prod) => {
      new Cluster(app, 'Prod')
      new Cluster(app, 'b c')
      prod.addContainerInstance('-x', { address: 'ssh://h', attributes: { 'a b': 'x', z: ' ' } })
      const web = new TaskDefinition(prod, 'web', { family: 'w.w' })
      web.addContainer('nginx', {
        image,
        memoryLimitMiB: 1,
        memoryReservationMiB: 2,
        workingDirectory: 'srv',
      })
      new Service(app, 'lost', { taskDefinition: web })
      new ContainerInstance(app, 'host', { address: 'ssh://h' })
    })
    expect(found).toEqual([
      'prod/-x: the name of a container instance must be 1 to 128 letters, digits, -, _ and dots, of which the first is a letter or a digit, not "-x"',
      'prod/-x: the name of an attribute must be 1 to 128 letters, digits, - _ . and /, not "a b"',
      'prod/-x: attribute z must be 1 to 128 letters, digits, - _ . / @ : and blanks within, not " "',
      'prod/web: family must be 1 to 255 letters, digits, - and _, not "w.w"',
      'prod/web/nginx: memoryLimitMiB must be a whole number of at least 6, not 1',
      'prod/web/nginx: memoryReservationMiB must be a whole number of at least 6, not 2',
      'prod/web/nginx: memoryReservationMiB 2 is more than memoryLimitMiB 1',
      'prod/web/nginx: workingDirectory srv must be an absolute path',
      'b c: clusterName must be 1 to 255 letters, digits, - and _, of which the first is a letter or a digit, not "b c"',
      'lost.service: it is in no cluster: create it below one, or give it the property cluster',
      'host: it is in no cluster: create it below one',
      'Prod: the cluster prod has this name already',
    ])
  })

  const table: Record<string, [(prod: Cluster, app: App) => void, ...string[]]> = {
    'two services of one name': [
      prod => {
        const web = nginx(prod)
        new Service(prod, 'a', { taskDefinition: web })
        new Service(prod, 'b', { taskDefinition: web, serviceName: 'a' })
      },
      'prod/b.service: service "a" is that of prod/a.service already, in the same cluster',
    ],
    'two task definitions of one family': [
      (prod, app) => {
        nginx(prod)
        const other = nginx(new Construct(app, 'other'))
        new Service(prod, 'a', { taskDefinition: other })
        new Service(prod, 'b', { taskDefinition: other })
      },
      'other/web: family "web" is that of prod/web already, in the same cluster',
    ],
    'services that depend on each other': [
      prod => {
        const [a, b, c] = ['a', 'b', 'c'].map(
          id => new Service(prod, id, { taskDefinition: nginx(prod, id) }),
        )
        if (!a || !b || !c) throw new Error('three services')
        a.addDependency(b)
        b.addDependency(c)
        c.addDependency(b, a)
      },
      'prod/a.service: a depends on b depends on c depends on a: none of them could ever start',
      'prod/b.service: b depends on c depends on b: none of them could ever start',
    ],
    'a task with wrong values': [
      prod => {
        new RunTask(prod, 'migrate', {
          taskDefinition: nginx(prod),
          count: 11,
          containerOverrides: [{ containerName: 'no', gpuCount: 1.5 }],
          startedBy: 'a b',
        })
        new Service(prod, 'migrate', { taskDefinition: nginx(prod, 'other') })
      },
      'prod/migrate.task: count must be a whole number from 1 to 10, not 11',
      'prod/migrate.task: its task definition has no container no',
      'prod/migrate.task: gpuCount must be a whole number from 0 to 999, not 1.5',
      'prod/migrate.task: startedBy must be 1 to 128 letters, digits, - _ and /',
      'prod/migrate.task: task "migrate" has the name of the service prod/migrate.service',
    ],
    'a dependency in another cluster': [
      (prod, app) => {
        const other = new Cluster(app, 'other')
        const db = new Service(other, 'db', { taskDefinition: nginx(other, 'db') })
        new Service(prod, 'web', { taskDefinition: nginx(prod) }).addDependency(db)
      },
      'prod/web.service: it depends on other/db.service, which is not in its cluster',
    ],
    'two container instances of one name': [
      prod => {
        prod.addContainerInstance('a', { address: 'ssh://a' })
        prod.addContainerInstance('b', { address: 'ssh://b', containerInstanceName: 'a' })
      },
      'prod/b: container instance "a" is that of prod/a already, in the same cluster',
    ],
    'a task definition without containers': [
      prod => new TaskDefinition(prod, 'web'),
      'prod/web: it has no container: addContainer()',
    ],
    'no essential container': [
      prod => new TaskDefinition(prod, 'web').addContainer('a', { image, essential: false }),
      'prod/web: at least one container must be essential',
    ],
    'eleven containers': [
      prod => {
        const web = new TaskDefinition(prod, 'web')
        for (let i = 0; i < 11; i++) web.addContainer(`c${i}`, { image })
      },
      'prod/web: at most 10 containers, not 11',
    ],
    'two containers of one name': [
      prod => nginx(prod).addContainer('b', { image, containerName: 'nginx' }),
      'prod/web: two containers are named nginx',
    ],
    'numbers out of range': [
      prod =>
        nginx(prod).addContainer('b', {
          image: ContainerImage.fromRegistry(''),
          cpu: 1.5,
          memoryReservationMiB: 0,
          stopTimeout: Duration.millis(500),
          user: '',
          healthCheck: {
            command: [],
            interval: Duration.seconds(1),
            timeout: Duration.hours(1),
            retries: 0,
            startPeriod: Duration.days(1),
          },
          portMappings: [{ containerPort: 0, hostPort: 70000, name: '-' }],
        }),
      'prod/web/b: image must have 1 to 511 characters',
      'prod/web/b: cpu must be a whole number of at least 0, not 1.5',
      'prod/web/b: memoryReservationMiB must be a whole number of at least 6, not 0',
      'prod/web/b: stopTimeout in seconds must be a whole number of at least 0, not 0.5',
      'prod/web/b: user must be a text of at least one character, not ""',
      'prod/web/b: healthCheck.command is empty',
      'prod/web/b: healthCheck.interval in seconds must be a whole number from 5 to 300, not 1',
      'prod/web/b: healthCheck.timeout in seconds must be a whole number from 2 to 60, not 3600',
      'prod/web/b: healthCheck.retries must be a whole number from 1 to 10, not 0',
      'prod/web/b: healthCheck.startPeriod in seconds must be a whole number from 0 to 300, not 86400',
      'prod/web/b: containerPort must be a whole number from 1 to 65535, not 0',
      'prod/web/b: hostPort must be a whole number from 0 to 65535, not 70000',
      'prod/web/b: the name of a port must be 1 to 64 small letters, digits, - and _, of which the first is no -, not "-"',
    ],
    'environment and labels': [
      prod =>
        nginx(prod).addContainer('b', {
          image,
          environment: { 'A=': '1', B: '\0' },
          dockerLabels: { 'stowage.x': '', '': '' },
        }),
      'prod/web/b: the name of an environment variable must be a name without "=", not "A="',
      'prod/web/b: environment B has a NUL character',
      'prod/web/b: the label stowage.x is reserved, as all of stowage.* and com.amazonaws.ecs.*',
      'prod/web/b: the name of a label must be a text of at least one character, not ""',
    ],
    'a shell health check in pieces': [
      prod => nginx(prod).addContainer('b', { image, healthCheck: { command: ['CMD-SHELL', 'a', 'b'] } }),
      'prod/web/b: healthCheck.command: CMD-SHELL takes one text, the whole shell command',
    ],
    ports: [
      prod => {
        const web = nginx(prod)
        web.addContainer('b', {
          image,
          portMappings: [
            { containerPort: 53 },
            { containerPort: 53, protocol: Protocol.UDP },
            { containerPort: 80, hostPort: 80, name: 'x' },
          ],
        })
        web.addContainer('c', {
          image,
          portMappings: [
            { containerPort: 1, name: 'x' },
            { containerPort: 1, name: 'x' },
            { containerPort: 90, hostPort: 80 },
          ],
        })
      },
      'prod/web: two containers or ports ask for host port 80/tcp',
      'prod/web/b: container port 53 is mapped with two protocols; ECS allows one',
      'prod/web/c: container port 1/tcp is mapped twice',
      'prod/web/c: two ports are named x',
    ],
    'ports of other network modes': [
      prod => {
        new TaskDefinition(prod, 'host', { networkMode: NetworkMode.HOST }).addContainer('a', {
          image,
          portMappings: [{ containerPort: 80, hostPort: 81 }],
        })
        new TaskDefinition(prod, 'none', { networkMode: NetworkMode.NONE }).addContainer('a', {
          image,
          portMappings: [{ containerPort: 80 }],
        })
      },
      "prod/host/a: hostPort 81 must be the container's own port 80 in network mode host",
      'prod/none/a: network mode none has no ports',
    ],
    volumes: [
      prod => {
        const web = nginx(prod)
        web.addVolume({ name: 'a' })
        web.addVolume({
          name: 'a',
          host: { sourcePath: 'x' },
          dockerVolumeConfiguration: { autoprovision: true },
        })
        web.defaultContainer?.addMountPoints(
          { sourceVolume: 'b', containerPath: '/x' },
          { sourceVolume: 'a', containerPath: '/x/' },
          { sourceVolume: 'a', containerPath: 'y' },
        )
      },
      'prod/web: two volumes are named a',
      'prod/web: volume a: host.sourcePath must be an absolute path without ":", not "x"',
      'prod/web: volume a has host or dockerVolumeConfiguration, not both',
      'prod/web: volume a: autoprovision is for Scope.SHARED only',
      'prod/web/nginx: its task definition has no volume "b"',
      'prod/web/nginx: containerPath must be an absolute path without ":", not "y"',
      'prod/web/nginx: /x is mounted twice',
    ],
    dependencies: [
      prod => {
        const web = nginx(prod)
        const a = web.addContainer('a', { image })
        const b = web.addContainer('b', { image, essential: false })
        a.addContainerDependencies({ container: b, condition: 'START' }, { container: b })
        b.addContainerDependencies({ container: a, condition: 'COMPLETE' })
        const other = nginx(prod, 'other').defaultContainer
        if (other) a.addContainerDependencies({ container: other, condition: 'START' })
      },
      'prod/web: containers wait for each other: a → b → a',
      'prod/web/a: it waits until b is HEALTHY, which has no healthCheck',
      'prod/web/a: it depends on prod/other/nginx, which is of another task definition',
      'prod/web/a: it depends on b twice',
      'prod/web/b: COMPLETE waits for the end of a, which is essential: its end ends the task',
    ],
    'a daemon like a replica': [
      prod =>
        new Service(prod, 'web', {
          taskDefinition: nginx(prod),
          daemon: true,
          desiredCount: 1,
          maxHealthyPercent: 200,
          placementStrategies: [PlacementStrategy.packedByCpu()],
        }),
      'prod/web.service: a daemon has no desiredCount: its tasks are one for each instance',
      'prod/web.service: a daemon has no placementStrategies: it runs everywhere',
      'prod/web.service: maxHealthyPercent must be 100 for a daemon, not 200',
    ],
    'percentages that leave no room': [
      prod => new Service(prod, 'web', { taskDefinition: nginx(prod), maxHealthyPercent: 100 }),
      'prod/web.service: minHealthyPercent 100 must be less than maxHealthyPercent 100: else no task could ever be replaced',
    ],
    'a service out of range': [
      prod =>
        new Service(prod, 'a b', {
          taskDefinition: nginx(prod),
          desiredCount: -1,
          minHealthyPercent: 101,
          maxHealthyPercent: 1001,
          steadyAfter: Duration.hours(2),
          forceNewDeployment: { enabled: true },
          placementConstraints: [PlacementConstraint.memberOf('')],
          placementStrategies: [
            PlacementStrategy.spreadAcross('zone', 'a', 'attribute:x', 'host', 'instanceId', 'b'),
          ],
        }),
      'prod/a b.service: serviceName must be 1 to 255 letters, digits, - and _, not "a b"',
      'prod/a b.service: desiredCount must be a whole number from 0 to 1000000, not -1',
      'prod/a b.service: minHealthyPercent must be a whole number from 0 to 100, not 101',
      'prod/a b.service: maxHealthyPercent must be a whole number from 100 to 1000, not 1001',
      'prod/a b.service: steadyAfter in seconds must be a whole number from 0 to 3600, not 7200',
      'prod/a b.service: forceNewDeployment needs a nonce of 1 to 255 characters',
      'prod/a b.service: an expression of memberOf has 1 to 2000 characters, not 0',
      'prod/a b.service: at most 5 placement strategies, not 6',
      'prod/a b.service: spreadAcross takes instanceId or attribute:NAME, not "zone"',
      'prod/a b.service: spreadAcross takes instanceId or attribute:NAME, not "a"',
      'prod/a b.service: spreadAcross takes instanceId or attribute:NAME, not "b"',
    ],
    'too many constraints together': [
      prod => {
        const web = nginx(prod)
        web.addPlacementConstraint(
          PlacementConstraint.memberOf(...Array.from({ length: 6 }, () => 'attribute:a exists')),
        )
        const service = new Service(prod, 'web', { taskDefinition: web })
        service.addPlacementConstraints(
          PlacementConstraint.memberOf(...Array.from({ length: 5 }, () => 'attribute:a exists')),
        )
      },
      'prod/web.service: at most 10 placement constraints, those of the task definition counted',
    ],
    'distinctInstances in a task definition': [
      prod => nginx(prod).addPlacementConstraint(PlacementConstraint.distinctInstances()),
      'prod/web: a task definition takes memberOf constraints only; distinctInstances is for a service',
    ],
    'what no host could take, anywhere': [
      prod =>
        new TaskDefinition(prod, 'web').addContainer('nginx', {
          image,
          command: ['a\0b', '\uD83D', '\uD83D\uDC69'],
          dockerLabels: { 'a\uD83D': '' },
          stopTimeout: Duration.seconds(2 ** 31),
        }),
      'prod: taskDefinitions/web/containerDefinitions/0/command/0 holds the character NUL',
      'prod: taskDefinitions/web/containerDefinitions/0/command/1 holds half a surrogate pair, which is no character',
      'prod: taskDefinitions/web/containerDefinitions/0/stopTimeout is more than 2147483647',
      'prod: taskDefinitions/web/containerDefinitions/0/dockerLabels has a name that holds half a surrogate pair, which is no character',
    ],
    'a cluster of another app': [
      prod => {
        const cluster = new Cluster(new App(), 'other')
        new Service(prod, 'web', { taskDefinition: nginx(prod), cluster })
        new RunTask(prod, 'migrate', { taskDefinition: nginx(prod, 'once'), cluster })
      },
      'prod/web.service: its cluster is of another app',
      'prod/migrate.task: its cluster is of another app',
    ],
    'a task definition of another app': [
      prod =>
        new Service(prod, 'web', {
          taskDefinition: nginx(new App()),
          forceNewDeployment: { enabled: false, nonce: 'x' },
        }),
      'prod/web.service: its task definition is of another app',
    ],
  }
  test.each(Object.entries(table))('%s', (_, [build, ...messages]) => {
    expect(errors((app, prod) => build(prod, app))).toEqual(messages)
  })
})

describe('a property that there is none of', () => {
  test('is refused with the one that was probably meant, also where TypeScript was not asked', () => {
    const app = new App()
    const cluster = new Cluster(app, 'prod')
    const task = new TaskDefinition(cluster, 'web')
    const misspelt = { image: ContainerImage.fromRegistry('nginx:1'), memoryLimitMB: 64 }
    task.addContainer('nginx', misspelt)
    const service = { taskDefinition: task, desiredCont: 5 }
    new Service(cluster, 'web', service)
    const host = { address: 'ssh://a', draining: true }
    cluster.addContainerInstance('a', host)
    expect(() => synthesize(app)).toThrow(
      new SynthError([
        {
          path: 'prod/web/nginx',
          message: 'there is no property "memoryLimitMB"; did you mean memoryLimitMiB?',
        },
        {
          path: 'prod/web.service',
          message: 'there is no property "desiredCont"; did you mean desiredCount?',
        },
        { path: 'prod/a', message: 'there is no property "draining"' },
      ]),
    )
  })
})
