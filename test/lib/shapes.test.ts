import { createRequire } from 'node:module'
import { Construct } from 'constructs'
import { describe, expect, test, vi } from 'vitest'
import {
  App,
  Cluster,
  ContainerImage,
  Duration,
  EnvironmentFile,
  GenericLogDriver,
  LinuxParameters,
  LogDrivers,
  PlacementConstraint,
  RunTask,
  Secret,
  Service,
  SynthError,
  TaskDefinition,
  Volume,
} from '../../lib/index.ts'
import { synthesize } from '../../lib/synth.ts'

const image = ContainerImage.fromRegistry('nginx:1.29')

/** A program that TypeScript has not been asked about. */
// oxlint-disable-next-line typescript/no-explicit-any
type Anything = any

interface Program {
  readonly app: App
  readonly prod: Cluster
  readonly task: TaskDefinition
}

/** What synth, or the constructs themselves, say of a program; whatever else it ends with is thrown on. */
function refusals(build: (program: Program) => void): string[] {
  const app = new App()
  const prod = new Cluster(app, 'prod')
  try {
    build({ app, prod, task: new TaskDefinition(prod, 'web') })
    synthesize(app)
    return []
  } catch (error) {
    if (!(error instanceof SynthError)) throw error
    return error.problems.map(p => `${p.path}: ${p.message}`)
  }
}

const container = (options: Anything) => (program: Program) =>
  void program.task.addContainer('nginx', { image, ...options })

const service = (given: Anything) => (program: Program) => {
  program.task.addContainer('nginx', { image })
  new Service(program.prod, 'web', { taskDefinition: program.task, ...given })
}

describe('a value of a wrong type is refused with its place and what it has to be', () => {
  test.each<[string, (program: Program) => void, ...string[]]>([
    [
      'a text for an image',
      container({ image: 'nginx' }),
      `prod/web/nginx: image must be a ContainerImage, such as ContainerImage.fromRegistry('nginx:1.29'), not "nginx"`,
    ],
    [
      'no image',
      container({ image: undefined }),
      "prod/web/nginx: image is missing: it must be a ContainerImage, such as ContainerImage.fromRegistry('nginx:1.29')",
    ],
    [
      'an image of nothing',
      container({ image: ContainerImage.fromRegistry(undefined as Anything) }),
      'prod/web/nginx: image: what ContainerImage.fromRegistry() takes must be a text, not undefined',
    ],
    [
      'a number for a Duration, inside of a health check',
      container({ healthCheck: { command: ['CMD', 'true'], interval: 5 } }),
      'prod/web/nginx: healthCheck.interval must be a Duration, such as Duration.seconds(30), not 5',
    ],
    [
      'one port for a list of them',
      container({ portMappings: { containerPort: 80 } }),
      'prod/web/nginx: portMappings must be a list, such as [{ containerPort: 80 }], not an object',
    ],
    [
      'a number for a port mapping',
      container({ portMappings: [80] }),
      'prod/web/nginx: portMappings[0] must be an object, such as { containerPort: 80 }, not 80',
    ],
    [
      'numbers and nothing for variables',
      container({ environment: { A: 1, B: undefined } }),
      'prod/web/nginx: environment.A must be a text, not a number',
      'prod/web/nginx: environment.B must be a text, not undefined',
    ],
    [
      'a variable whose name would break the line',
      container({ environment: { 'a\nb': 1 } }),
      'prod/web/nginx: environment["a\\nb"] must be a text, not a number',
    ],
    [
      'a text for a secret, which may be the secret itself',
      container({ secrets: { A: 'env:A' } }),
      "prod/web/nginx: secrets.A must be a Secret, such as Secret.fromEnv('NAME'), not a text",
    ],
    [
      'a text for all secrets',
      container({ secrets: 'hunter2' }),
      "prod/web/nginx: secrets must be an object, such as { NAME: Secret.fromEnv('NAME') }, not a text",
    ],
    [
      'a text for a task definition',
      service({ taskDefinition: 'web' }),
      'prod/web.service: taskDefinition must be a TaskDefinition, not "web"',
    ],
    [
      'a text for a constraint',
      service({ placementConstraints: ['attribute:zone == a'] }),
      `prod/web.service: placementConstraints[0] must be a PlacementConstraint, such as PlacementConstraint.memberOf('attribute:zone == a'), not "attribute:zone == a"`,
    ],
    [
      'a constraint of nothing',
      service({ placementConstraints: [PlacementConstraint.memberOf(undefined as Anything)] }),
      'prod/web.service: placementConstraints[0]: memberOf[0] must be a text, not undefined',
    ],
    [
      'a text for a count, which is quoted',
      service({ desiredCount: '4' }),
      'prod/web.service: desiredCount must be a number, not "4"',
    ],
    [
      'a flag for a circuit breaker',
      service({ circuitBreaker: true }),
      'prod/web.service: circuitBreaker must be an object, such as { rollback: true }, not true',
    ],
    [
      'a text for attributes, and no address',
      ({ prod }) => prod.addContainerInstance('fra-1', { attributes: 'zone=a' } as Anything),
      "prod/fra-1: attributes must be an object, such as { NAME: 'value' }, not a text",
      'prod/fra-1: address is missing: it must be a text',
    ],
    [
      'no properties at all',
      ({ prod }) => new Service(prod, 'web', undefined as Anything),
      'prod/web.service: what it is made with must be an object, not undefined',
    ],
    [
      'a word that there is none of',
      service({ circuitBreaker: { thresholdConfiguration: { type: 'COUNTS', value: 3 } } }),
      'prod/web.service: circuitBreaker.thresholdConfiguration.type must be "COUNT", "BOUNDED_PERCENT" or "UNBOUNDED_PERCENT", not "COUNTS"',
    ],
    [
      'a number for a cluster’s Duration, and for its name',
      ({ app }) => new Cluster(app, 'b', { lostAfter: 60, clusterName: 7 } as Anything),
      'b: lostAfter must be a Duration, such as Duration.seconds(30), not 60',
      'b: clusterName must be a text, not 7',
    ],
    [
      'what methods are given',
      program => {
        const made = program.task.addContainer('nginx', { image })
        made.addEnvironment('A', 1 as Anything)
        made.addSecret('B', 'hunter2' as Anything)
        made.addPortMappings(80 as Anything)
        made.addContainerDependencies('db' as Anything)
        made.addLink('db' as Anything)
        new Service(program.prod, 'web', { taskDefinition: program.task }).addDependency('db' as Anything)
        new RunTask(program.prod, 'once', { taskDefinition: program.task }).addDependency(
          program.task as Anything,
        )
        program.task.addVolume('data' as Anything)
      },
      'prod/web: addVolume must be an object, not "data"',
      'prod/web/nginx: environment.A must be a text, not a number',
      "prod/web/nginx: secrets.B must be a Secret, such as Secret.fromEnv('NAME'), not a text",
      'prod/web/nginx: addPortMappings must be an object, such as { containerPort: 80 }, not 80',
      'prod/web/nginx: addContainerDependencies must be an object, such as { container: db }, not "db"',
      `prod/web/nginx: addLink must be a ContainerDefinition, such as what addContainer('db', …) returned, not "db"`,
      'prod/web.service: addDependency takes a Service or a RunTask, not "db"',
      'prod/once.task: addDependency takes a Service or a RunTask, not a TaskDefinition',
    ],
  ])('%s', (_, build, ...messages) => {
    expect(refusals(build)).toEqual(messages)
  })
})

describe('what may be a secret is not quoted', () => {
  const fromEnv = (name: Anything, options?: Anything) => Secret.fromEnv(name, options)
  const fromRegistry = (given: Anything) => ContainerImage.fromRegistry('nginx:1.29', given)
  test.each<[string, (program: Program) => void, string]>([
    ['a number for a secret', container({ secrets: { PIN: 49152417 } }), 'a number'],
    ['a bigint for a secret', container({ secrets: { PIN: 49152417n } }), 'a number'],
    ['a number for all secrets', container({ secrets: 49152417 }), 'a number'],
    ['a number for a source', container({ secrets: { PIN: fromEnv(49152417) } }), 'a number'],
    ['a text for options', container({ secrets: { P: fromEnv('P', 'hunter2') } }), 'a text'],
    ['a delivery', container({ secrets: { P: fromEnv('P', { deliverAs: 'hunter2' }) } }), 'a text'],
    ['a registry login', container({ image: fromRegistry({ credentials: 49152417 }) }), 'a number'],
    ['a login for all of it', container({ image: fromRegistry('user:hunter2') }), 'a text'],
    ['a line for an environment file', container({ environmentFiles: ['P=hunter2'] }), 'a text'],
    [
      'a line for an environment file of that name',
      container({ environmentFiles: [EnvironmentFile.fromAsset(49152417 as Anything)] }),
      'a number',
    ],
    ['a variable', container({ environment: { PIN: 49152417 } }), 'a number'],
    ['a label', container({ dockerLabels: { PIN: 49152417 } }), 'a number'],
    [
      'an added variable',
      ({ task }) => task.addContainer('nginx', { image }).addEnvironment('PIN', 49152417 as Anything),
      'a number',
    ],
    [
      'an added label',
      ({ task }) => task.addContainer('nginx', { image }).addDockerLabel('PIN', 49152417 as Anything),
      'a number',
    ],
    [
      'the token of a log server',
      container({ logging: LogDrivers.splunk({ url: 'https://logs', secretToken: 49152417 as Anything }) }),
      'a number',
    ],
    [
      'such a token as a plain one',
      container({ logging: LogDrivers.splunk({ url: 'https://logs', token: 49152417 as Anything }) }),
      'a number',
    ],
    [
      'a secret option of a log router',
      container({ logging: LogDrivers.firelens({ secretOptions: { key: 49152417 as Anything } }) }),
      'a number',
    ],
    [
      'all secret options of a log driver',
      container({ logging: new GenericLogDriver({ logDriver: 'x', secretOptions: 49152417 as Anything }) }),
      'a number',
    ],
    [
      'what a container is made with',
      ({ task }) => void task.addContainer('nginx', 'hunter2' as Anything),
      'a text',
    ],
  ])('%s', (_, build, kind) => {
    const messages = refusals(build)
    expect(messages).toEqual([expect.stringMatching(new RegExp(`^prod/web/nginx: .*, not ${kind}$`))])
    expect(messages.join()).not.toMatch(/49152417|hunter2/)
  })

  test('elsewhere it is, and a bigint as one', () => {
    expect(refusals(service({ desiredCount: 4n, serviceName: 7 }))).toEqual([
      'prod/web.service: desiredCount must be a number, not 4n',
      'prod/web.service: serviceName must be a text, not 7',
    ])
  })
})

describe('properties count wherever they come from', () => {
  class Settings {
    readonly #memory = 128
    get image() {
      return image
    }
    get memoryLimitMiB() {
      return this.#memory
    }
  }
  const hidden = Object.defineProperty({ image }, 'memoryLimitMiB', { value: 128 })
  test.each<[string, object]>([
    ['the getters of a class', new Settings()],
    ['a prototype', Object.create({ image, memoryLimitMiB: 128 })],
    ['a prototype below own ones', Object.assign(Object.create({ memoryLimitMiB: 128 }), { image })],
    ['what is not enumerable', hidden],
    ['no prototype', Object.assign(Object.create(null), { image, memoryLimitMiB: 128 })],
  ])('%s', (_, given: Anything) => {
    const task = new TaskDefinition(new Cluster(new App(), 'prod'), 'web')
    const made = task.addContainer('nginx', given)
    expect(made.renderContainerDefinition()).toEqual({ name: 'nginx', image: 'nginx:1.29', memory: 128 })
  })

  test('what does not fit among them is refused', () => {
    const messages = refusals(({ prod, task }) => {
      task.addContainer('nginx', { image })
      new Service(prod, 'web', Object.create({ taskDefinition: task, desiredCount: '5' }))
    })
    expect(messages).toEqual(['prod/web.service: desiredCount must be a number, not "5"'])
  })
})

test('a construct of another copy of constructs may stand above', () => {
  const require = createRequire(import.meta.url)
  const { Construct: Loaded } = require('constructs')
  for (const file of Object.keys(require.cache))
    if (file.includes('/node_modules/constructs/')) delete require.cache[file]
  const { Construct: Other } = require('constructs')
  expect(Other).not.toBe(Loaded)
  const messages = refusals(({ prod, task }) => {
    task.addContainer('nginx', { image })
    const group = new Other(prod, 'group')
    expect(group).not.toBeInstanceOf(Construct)
    const db = new TaskDefinition(group, 'db')
    db.addContainer('db', { image, cpu: -1 })
    new Service(group, 'db', { taskDefinition: db })
  })
  expect(messages).toEqual(['prod/group/db/db: cpu must be a whole number of at least 0, not -1'])
})

describe('a misspelt property is refused with the one that was meant, however deep', () => {
  test.each<[string, (program: Program) => void, string]>([
    [
      'of a log router',
      container({ firelensConfig: { type: 'fluentbit', option: {} } }),
      'prod/web/nginx: firelensConfig: there is no property "option"; did you mean options?',
    ],
    [
      "of a log router's options",
      container({ firelensConfig: { type: 'fluentbit', options: { configFileVale: '/a' } } }),
      'prod/web/nginx: firelensConfig.options: there is no property "configFileVale"; did you mean configFileValue?',
    ],
    [
      'of a circuit breaker',
      service({ circuitBreaker: { thresholdConfiguration: { type: 'COUNT', value: 3, vale: 3 } } }),
      'prod/web.service: circuitBreaker.thresholdConfiguration: there is no property "vale"; did you mean value?',
    ],
    [
      'of a new deployment',
      service({ forceNewDeployment: { enabled: true, nonce: '1', none: '' } }),
      'prod/web.service: forceNewDeployment: there is no property "none"; did you mean nonce?',
    ],
    [
      'of the clean-up of images',
      ({ app }) => new Cluster(app, 'b', { imageCleanup: { deployment: 3 } } as Anything),
      'b: imageCleanup: there is no property "deployment"; did you mean deployments?',
    ],
    [
      'with too few letters alike to begin with',
      container({ imgae: image }),
      'prod/web/nginx: there is no property "imgae"; did you mean image?',
    ],
    [
      'of a secret, which would stand in the environment',
      container({ secrets: { A: Secret.fromEnv('A', { deliveredAs: 'file' } as Anything) } }),
      'prod/web/nginx: secrets.A: there is no property "deliveredAs"; did you mean deliverAs?',
    ],
    [
      'of a registry login',
      container({ image: ContainerImage.fromRegistry('a', { credential: 1 } as Anything) }),
      'prod/web/nginx: image: there is no property "credential"; did you mean credentials?',
    ],
    [
      'of a log driver',
      container({ logging: LogDrivers.jsonFile({ maxsize: '1m' } as Anything) }),
      'prod/web/nginx: logging: there is no property "maxsize"; did you mean maxSize?',
    ],
    [
      'of a log driver of any name',
      container({ logging: new GenericLogDriver({ logDriver: 'local', option: {} } as Anything) }),
      'prod/web/nginx: logging: there is no property "option"; did you mean options?',
    ],
    [
      'of an NFS volume',
      ({ task }) => {
        task.addContainer('nginx', { image })
        const nfs = { name: 'data', server: 'nas', path: '/srv', option: [] }
        task.addVolume(Volume.nfs(nfs))
      },
      'prod/web: addVolume: there is no property "option"; did you mean options?',
    ],
    [
      'of a device',
      ({ prod }) => new LinuxParameters(prod, 'linux').addDevices({ hostPath: '/a', path: 1 } as Anything),
      'prod/linux: addDevices: there is no property "path"',
    ],
    [
      'of an override',
      ({ prod, task }) => {
        task.addContainer('nginx', { image })
        const override = { containerName: 'nginx', comand: ['a'] }
        new RunTask(prod, 'once', { taskDefinition: task, containerOverrides: [override] })
      },
      'prod/once.task: containerOverrides[0]: there is no property "comand"; did you mean command?',
    ],
  ])('%s', (_, build, message) => {
    expect(refusals(build)).toEqual([message])
  })
})

describe('what can stand nowhere in the app is refused at once', () => {
  test.each<[string, (program: Program) => void, string]>([
    [
      'below nothing',
      () => new Service(undefined as Anything, 'web', {} as Anything),
      'web: the service must be below an App, a Cluster or another construct, not undefined',
    ],
    [
      'below a text',
      () => new Cluster('app' as Anything, 'prod'),
      'prod: the cluster must be below an App, a Cluster or another construct, not a text',
    ],
    [
      'without an id',
      ({ prod }) => new TaskDefinition(prod, undefined as Anything),
      'prod/undefined: the id of the task definition must be a text of at least one character, not undefined',
    ],
    [
      'with the id of another one',
      program => {
        service({})(program)
        service({})({ ...program, task: new TaskDefinition(program.prod, 'other') })
      },
      'prod/web: there is a Service with this id already: each needs an id of its own below prod',
    ],
  ])('%s', (_, build, message) => {
    expect(refusals(build)).toEqual([message])
  })
})

test('an id that something else has is refused with what that is', () => {
  const messages = refusals(({ prod }) => {
    prod.addContainerInstance('db', { address: 'ssh://db' })
    new TaskDefinition(prod, 'db')
  })
  expect(messages).toEqual([
    'prod/db: there is a ContainerInstance with this id already: each needs an id of its own below prod',
  ])
})

test('what a program has of another copy of stowage is told from its own', async () => {
  vi.resetModules()
  const other = await import('../../lib/index.ts')
  expect(other.RunTask).not.toBe(RunTask)
  const cluster = new other.Cluster(new other.App(), 'prod')
  const taskDefinition = new other.TaskDefinition(cluster, 'db')
  const theirs = [
    new other.RunTask(cluster, 'db', { taskDefinition }),
    new other.Service(cluster, 'db', { taskDefinition }),
  ]
  const messages = refusals(({ prod, task }) => {
    task.addContainer('nginx', { image })
    const web = new Service(prod, 'web', { taskDefinition: task })
    for (const dependency of theirs) web.addDependency(dependency)
    new Service(prod, 'other', { taskDefinition })
  })
  const another = 'not that of another copy of stowage'
  expect(messages).toEqual([
    `prod/web.service: addDependency takes a Service or a RunTask, ${another}`,
    `prod/web.service: addDependency takes a Service or a RunTask, ${another}`,
    `prod/other.service: taskDefinition must be a TaskDefinition, ${another}`,
  ])
})

describe('an object that holds no values by name is refused', () => {
  const named = new Map([['A', 'b']])
  test.each<[string, (program: Program) => void, string]>([
    [
      'a Map for variables',
      container({ environment: named }),
      "prod/web/nginx: environment must be an object, such as { NAME: 'value' }, not a Map",
    ],
    [
      'a Map for secrets',
      container({ secrets: new Map([['A', Secret.fromEnv('A')]]) }),
      "prod/web/nginx: secrets must be an object, such as { NAME: Secret.fromEnv('NAME') }, not a Map",
    ],
    [
      'a Date for labels',
      container({ dockerLabels: new Date(0) }),
      "prod/web/nginx: dockerLabels must be an object, such as { NAME: 'value' }, not a Date",
    ],
    [
      'a Map for a circuit breaker',
      service({ circuitBreaker: new Map([['rollback', true]]) }),
      'prod/web.service: circuitBreaker must be an object, such as { rollback: true }, not a Map',
    ],
    [
      'a Set for a port mapping',
      container({ portMappings: [new Set([80])] }),
      'prod/web/nginx: portMappings[0] must be an object, such as { containerPort: 80 }, not a Set',
    ],
    [
      'a Map for all properties',
      ({ prod }) => new TaskDefinition(prod, 'db', new Map([['family', 'db']]) as Anything),
      'prod/db: what it is made with must be an object, not a Map',
    ],
    [
      'a list with nothing in its midst',
      container({ command: Object.assign(['a'], { 2: 'b' }) }),
      'prod/web/nginx: command[1] must be a text, not undefined',
    ],
  ])('%s', (_, build, message) => {
    expect(refusals(build)).toContain(message)
  })

  test('what has no prototype and what a module exports do hold them', () => {
    const module = Object.defineProperty({ A: 'b' }, Symbol.toStringTag, { value: 'Module' })
    for (const environment of [Object.assign(Object.create(null), { A: 'b' }), module]) {
      const task = new TaskDefinition(new Cluster(new App(), 'prod'), 'web')
      const made = task.addContainer('nginx', { image, environment })
      expect(made.renderContainerDefinition().environment).toEqual([{ name: 'A', value: 'b' }])
    }
  })
})

test('what a factory was given wrongly is said where its value is used, and each time', () => {
  const file = EnvironmentFile.fromAsset(7 as Anything)
  const messages = refusals(({ task }) => {
    task.addContainer('a', { image, environmentFiles: [file], stopTimeout: Duration.seconds(3) })
    task.addContainer('b', { image, environmentFiles: [file] })
  })
  expect(messages).toEqual(
    ['a', 'b'].map(
      name =>
        `prod/web/${name}: environmentFiles[0]: what EnvironmentFile.fromAsset() takes must be a text, not a number`,
    ),
  )
})

test('what is wrong with a construct is said once, however often it is referred to', () => {
  const messages = refusals(({ prod }) => {
    const task = new TaskDefinition(prod, 'db', { familly: 'x' } as Anything)
    const linuxParameters = new LinuxParameters(prod, 'linux', { swapines: 1 } as Anything)
    const db = task.addContainer('db', { image, linuxParameters, cpus: 1 } as Anything)
    const side = task.addContainer('side', { image })
    side.addContainerDependencies({ container: db })
    side.addLink(db)
    new Service(prod, 'db', { taskDefinition: task })
    new RunTask(prod, 'once', { taskDefinition: task })
  })
  expect(messages).toEqual([
    'prod/db: there is no property "familly"; did you mean family?',
    'prod/db/db: there is no property "cpus"; did you mean cpu?',
    'prod/linux: there is no property "swapines"; did you mean swappiness?',
  ])
})
