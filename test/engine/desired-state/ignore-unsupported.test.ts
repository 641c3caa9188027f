import { describe, expect, it } from 'vitest'
import { parseDesiredState } from '../../../engine/desired-state/parse.ts'
import { revisionOf } from '../../../engine/identity.ts'

const APP = { name: 'app', image: 'app:1' }

function parse(task: object, service: object = {}) {
  return parseDesiredState({
    schemaVersion: 1,
    cluster: 'c',
    taskDefinitions: { web: { containerDefinitions: [APP], ...task } },
    services: { web: { taskDefinition: 'web', ...service } },
  })
}

/** One line for each: code, place, and the beginning of the message. */
function problems(task: object, service: object = {}): string[] {
  const parsed = parse(task, service)
  return parsed.ok
    ? []
    : parsed.problems.map(({ code = '-', pointer, message }) => `${code} ${pointer} ${message}`)
}

function warnings(task: object, service: object = {}): string[] {
  const parsed = parse(task, service)
  return parsed.ok
    ? parsed.warnings.map(({ code, pointer, message }) => `${code} ${pointer} ${message}`)
    : [`it is refused: ${JSON.stringify(parsed.problems)}`]
}

const container = (more: object) => ({ containerDefinitions: [{ ...APP, ...more }] })

/** A field or value that nothing here does, and its name. */
const REFUSED: readonly [string, object, object?][] = [
  ['taskRoleArn', { taskRoleArn: 'arn:aws:iam::1:role/r' }],
  ['proxyConfiguration', { proxyConfiguration: { type: 'APPMESH', containerName: 'envoy' } }],
  ['ephemeralStorage', { ephemeralStorage: { sizeInGiB: 25 } }],
  ['credentialSpecs', container({ credentialSpecs: ['x'] })],
  [
    'logConfiguration:awslogs',
    container({ logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': 'g' } } }),
  ],
  ['secrets:aws', container({ secrets: [{ name: 'A', valueFrom: 'arn:aws:ssm:x:1:parameter/p' }] })],
  ['secrets:aws', container({ secrets: [{ name: 'A', valueFrom: '/prod/db/password' }] })],
  ['environmentFiles:s3', container({ environmentFiles: [{ value: 'arn:aws:s3:::b/x.env', type: 's3' }] })],
  ['repositoryCredentials:aws', container({ repositoryCredentials: { credentialsParameter: 'arn:aws:x' } })],
  ['dockerSecurityOptions:credentialspec', container({ dockerSecurityOptions: ['credentialspec:file://x'] })],
  [
    'volumes.s3filesVolumeConfiguration',
    { volumes: [{ name: 'v', s3filesVolumeConfiguration: { fileSystemArn: 'a' } }] },
  ],
  ['launchType', {}, { launchType: 'FARGATE' }],
  [
    'loadBalancers',
    {},
    { loadBalancers: [{ targetGroupArn: 'a', containerName: 'app', containerPort: 80 }] },
  ],
  ['networkConfiguration', {}, { networkConfiguration: { awsvpcConfiguration: { subnets: ['s'] } } }],
  ['deploymentConfiguration.strategy', {}, { deploymentConfiguration: { strategy: 'BLUE_GREEN' } }],
]

describe.each(REFUSED)('%s', (name, task, service = {}) => {
  it('is refused by its name, with what to do instead', () => {
    const [only, ...more] = problems(task, service)
    expect(more).toEqual([])
    expect(only).toMatch(new RegExp(`^FIELD_UNSUPPORTED /\\S+ ${name} does nothing here: .+\\. [A-Z].+\\.$`))
  })

  it('is left out with a warning where it may be, and the revision is as without it', () => {
    const ignoring = { ignoreUnsupported: [name] }
    const isOfService = Object.keys(service).length > 0
    const parsed = isOfService ? parse(task, { ...service, ...ignoring }) : parse({ ...task, ...ignoring })
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
    expect(parsed.warnings.map(w => w.message)).toEqual([
      expect.stringMatching(new RegExp(`^${name} is left out: `)),
    ])
    const { web } = parsed.state.taskDefinitions
    const bare = parse(name.startsWith('volumes') ? { volumes: [{ name: 'v' }] } : {})
    if (!bare.ok || !web || !bare.state.taskDefinitions.web) throw new Error('they are there')
    expect(revisionOf('web', web)).toBe(revisionOf('web', bare.state.taskDefinitions.web))
    expect(parsed.state.services.web).toEqual(bare.state.services.web)
  })
})

it('only what is named is left out, each in its own place', () => {
  const task = {
    taskRoleArn: 'a',
    executionRoleArn: 'b',
    ignoreUnsupported: ['executionRoleArn'],
  }
  expect(problems(task).map(p => p.slice(0, 60))).toEqual([
    'FIELD_UNSUPPORTED /taskDefinitions/web/taskRoleArn taskRoleA',
  ])
})

it('of a list only the elements that are meant are left out', () => {
  const secrets = [
    { name: 'A', valueFrom: 'arn:aws:ssm:x' },
    { name: 'B', valueFrom: 'env:B' },
    { name: 'C', valueFrom: '/c' },
  ]
  const parsed = parse({ ...container({ secrets }), ignoreUnsupported: ['secrets:aws'] })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  expect(parsed.state.taskDefinitions.web?.containerDefinitions[0]?.secrets.map(s => s.name)).toEqual(['B'])
  expect(parsed.warnings.map(w => w.pointer.split('/').slice(-2).join('/'))).toEqual([
    'secrets/0',
    'secrets/2',
  ])
})

it('what asks for nothing, or for what is so anyway, is no error', () => {
  const task = {
    inferenceAccelerators: [],
    enableFaultInjection: false,
    ...container({ credentialSpecs: [] }),
  }
  const service = {
    deploymentController: { type: 'ECS' },
    loadBalancers: [],
    propagateTags: 'NONE',
    deploymentConfiguration: { strategy: 'ROLLING', bakeTimeInMinutes: 0 },
  }
  expect(warnings(task, service)).toEqual([])
})

it('what is left of a volume whose place is let go is said', () => {
  const volumes = [{ name: 'data', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }]
  const said = warnings({ volumes, ignoreUnsupported: ['volumes.efsVolumeConfiguration'] })
  expect(said.join()).toMatch(
    /is left out: it names a file system by its id at AWS; what mounts it gets an empty volume that goes with its task/,
  )
})

it('a refusal hides nothing else that is wrong', () => {
  expect(problems({ taskRoleArn: 'a', family: 'other' }).map(p => p.split(' ')[1])).toEqual([
    '/taskDefinitions/web/taskRoleArn',
    '/taskDefinitions/web/family',
  ])
})

it.each([
  ['cpu', 'cpu works here: there is nothing to ignore'],
  ['secrets', 'secrets works here: there is nothing to ignore; what may be ignored of it is secrets:aws'],
  ['taskRolArn', '"taskRolArn" is no field of a task definition that is refused; did you mean taskRoleArn?'],
  [
    'efsVolumeConfiguration',
    '"efsVolumeConfiguration" is no field of a task definition that is refused; did you mean volumes.efsVolumeConfiguration?',
  ],
  ['nothing-like-it', '"nothing-like-it" is no field of a task definition that is refused'],
  ['loadBalancers', '"loadBalancers" is no field of a task definition that is refused'],
])('%s in ignoreUnsupported is an error', (name, message) => {
  expect(problems({ ignoreUnsupported: [name] })).toEqual([
    `- /taskDefinitions/web/ignoreUnsupported/0 ${message}`,
  ])
})

it.each([['taskRoleArn'], { taskRoleArn: true }, [1]].map(value => [value]))(
  '%j is a list of names or an error',
  value => {
    expect(problems({ ignoreUnsupported: value }).length).toBe(Array.isArray(value) && value[0] !== 1 ? 0 : 1)
  },
)
