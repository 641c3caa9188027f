import { describe, expect, it } from 'vitest'
import { ECS_FIELDS } from '../ecs-fields/ecs-api.ts'
import { importTaskDefinition } from '../../../engine/import/import-task-definition.ts'

const APP = { name: 'app', image: 'app:1' }
const TASK = { family: 'web', containerDefinitions: [APP] }

/** What comes of it, and what was changed for that: "/place was → is". */
function lenient(given: unknown, family?: string) {
  const { taskDefinition, stripped, problems, ...more } = importTaskDefinition(given, {
    lenient: true,
    ...(family !== undefined && { family }),
  })
  return {
    family: more.family,
    task: taskDefinition,
    notes: stripped.map(n => `${n.pointer} ${n.was} → ${n.is}`),
    problems: problems.map(p => `${p.pointer} ${p.message}`),
  }
}

const container = (more: object) => ({ ...TASK, containerDefinitions: [{ ...APP, ...more }] })
const AT = '/containerDefinitions/0'

/** What is given beside or in place of a plain container, the container that is meant, and what is told. */
const CONTAINERS: readonly [string, object, object, readonly string[]][] = [
  ['null', { command: null }, {}, [`${AT}/command null → left out`]],
  ['a number as a text', { cpu: '256' }, { cpu: 256 }, [`${AT}/cpu "256" → 256`]],
  ['a truth as a text', { essential: 'True' }, { essential: true }, [`${AT}/essential "True" → true`]],
  ['an empty number', { memory: '' }, {}, [`${AT}/memory "" → left out`]],
  [
    'an empty text',
    { user: '', hostname: '' },
    {},
    [`${AT}/user "" → left out`, `${AT}/hostname "" → left out`],
  ],
  [
    'an empty value, which is one',
    { environment: [{ name: 'A', value: '' }] },
    { environment: [{ name: 'A', value: '' }] },
    [],
  ],
  [
    'a variable without a value',
    { environment: [{ name: 'A', value: null }] },
    { environment: [{ name: 'A', value: '' }] },
    [`${AT}/environment/0/value null → ""`],
  ],
  [
    'variables that are numbers or truths, whose values are not told',
    {
      environment: [
        { name: 'PORT', value: 8080 },
        { name: 'ON', value: true },
      ],
    },
    {
      environment: [
        { name: 'PORT', value: '8080' },
        { name: 'ON', value: 'true' },
      ],
    },
    [`${AT}/environment/0/value a number → text`, `${AT}/environment/1/value a boolean → text`],
  ],
  [
    'variables as an object',
    { environment: { A: 'b', N: 1 } },
    {
      environment: [
        { name: 'A', value: 'b' },
        { name: 'N', value: '1' },
      ],
    },
    [`${AT}/environment an object → a list of name and value`, `${AT}/environment/1/value a number → text`],
  ],
  [
    'words in other capitals',
    { portMappings: [{ containerPort: '80', protocol: 'TCP' }] },
    { portMappings: [{ containerPort: 80, protocol: 'tcp' }] },
    [`${AT}/portMappings/0/containerPort "80" → 80`, `${AT}/portMappings/0/protocol "TCP" → "tcp"`],
  ],
  [
    'keys in other capitals',
    { PortMappings: [{ ContainerPort: 80 }] },
    { portMappings: [{ containerPort: 80 }] },
    [
      `${AT}/PortMappings "PortMappings" → "portMappings"`,
      `${AT}/PortMappings/0/ContainerPort "ContainerPort" → "containerPort"`,
    ],
  ],
  [
    'one object in the place of a list',
    { mountPoints: {} },
    { mountPoints: [] },
    [`${AT}/mountPoints one object → a list of it`, `${AT}/mountPoints/0 {} → left out`],
  ],
  ['{} where something is needed', { healthCheck: {} }, {}, [`${AT}/healthCheck {} → left out`]],
  [
    'a health check in small letters',
    { healthCheck: { command: ['cmd-shell', 'true'] } },
    { healthCheck: { command: ['CMD-SHELL', 'true'] } },
    [`${AT}/healthCheck/command cmd-shell → CMD-SHELL`],
  ],
  [
    'a health check without CMD',
    { healthCheck: { command: ['/check'] } },
    { healthCheck: { command: ['CMD', '/check'] } },
    [`${AT}/healthCheck/command without CMD or CMD-SHELL before it → ["CMD", …]`],
  ],
  ['null in a list', { links: [null] }, { links: [] }, [`${AT}/links/0 null → left out`]],
]

describe.each(CONTAINERS)('%s', (_, given, meant, notes) => {
  it('is taken for what is meant, and told', () => {
    const found = lenient(container(given))
    expect(found.problems).toEqual([])
    expect(found.task.containerDefinitions).toEqual([{ ...APP, ...meant }])
    expect(found.notes).toEqual(notes)
  })

  it('is refused at the same places without lenient', () => {
    const { problems } = importTaskDefinition(container(given))
    expect(problems.map(p => p.pointer)).toEqual(notes.map(n => n.split(' ')[0]))
  })
})

it('what describe-task-definition prints is taken out of it, with its tags', () => {
  const printed = {
    taskDefinition: {
      ...TASK,
      taskDefinitionArn: 'arn:aws:ecs:x:1:task-definition/web:7',
      revision: 7,
      status: 'ACTIVE',
      requiresAttributes: [{ name: 'com.amazonaws.ecs.capability.docker-remote-api.1.18' }],
      compatibilities: ['EC2'],
      registeredAt: 1_600_000_000.5,
      registeredBy: 'arn:aws:iam::1:user/x',
      networkMode: 'default',
      volumes: [],
      cpu: 256,
    },
    tags: [{ key: 'team', value: 'core' }],
  }
  const { task, notes, problems } = lenient(printed)
  expect(problems).toEqual([])
  expect(task).toEqual({
    containerDefinitions: [APP],
    volumes: [],
    cpu: '256',
    tags: [{ key: 'team', value: 'core' }],
  })
  expect(notes.slice(0, 3)).toEqual([
    '/taskDefinition in what describe-task-definition prints → taken out of it',
    '/taskDefinition/taskDefinitionArn what tools only show → left out',
    '/taskDefinition/revision what tools only show → left out',
  ])
  expect(notes).toContain('/taskDefinition/networkMode "default" → left out')
  expect(notes).toContain('/taskDefinition/cpu a number → text')
})

/** What a task definition may be in; each has one of one container called app. */
it.each<[string, unknown]>([
  ['a list of containers', [APP]],
  [
    'CloudFormation',
    {
      Resources: {
        T: {
          Type: 'AWS::ECS::TaskDefinition',
          Properties: { Family: 'web', ContainerDefinitions: [{ Name: 'app', Image: 'app:1' }] },
        },
        L: { Type: 'AWS::Logs::LogGroup', Properties: {} },
      },
    },
  ],
  [
    'one resource of CloudFormation',
    {
      Type: 'AWS::ECS::TaskDefinition',
      Properties: { Family: 'web', ContainerDefinitions: [{ Name: 'app', Image: 'app:1' }] },
    },
  ],
  [
    'Terraform',
    {
      resource: {
        aws_ecs_task_definition: { web: { family: 'web', container_definitions: JSON.stringify([APP]) } },
      },
    },
  ],
  [
    'Terraform with its words',
    {
      family: 'web',
      network_mode: 'bridge',
      requires_compatibilities: ['ec2'],
      container_definitions: [APP],
    },
  ],
  [
    'what terraform show -json prints',
    {
      values: {
        root_module: {
          resources: [
            { type: 'aws_ecs_cluster', values: { name: 'x' } },
            {
              type: 'aws_ecs_task_definition',
              values: {
                family: 'web',
                arn: 'arn:aws:ecs:x:1:task-definition/web:1',
                revision: 1,
                cpu: '256',
                ipc_mode: '',
                runtime_platform: [{ cpu_architecture: 'x86_64', operating_system_family: '' }],
                ephemeral_storage: [],
                proxy_configuration: [],
                placement_constraints: [],
                volume: [],
                container_definitions: JSON.stringify([{ ...APP, requiresAttributes: [{ name: 'x' }] }]),
              },
            },
          ],
        },
      },
    },
  ],
])('it is taken out of %s', (_, given) => {
  const { family, task, problems } = lenient(given, 'web')
  expect(problems).toEqual([])
  expect(family).toBe('web')
  expect(task.containerDefinitions).toEqual([APP])
})

it.each<[string, unknown, string]>([
  ['no JSON', '{"family": web}', ' not JSON: "web" is no JSON value at line 1 column 12'],
  ['no object', '[]', ' is no task definition: that is an object with containerDefinitions'],
  [
    'two of them',
    {
      Resources: {
        A: { Type: 'AWS::ECS::TaskDefinition', Properties: {} },
        B: { Type: 'AWS::ECS::TaskDefinition', Properties: {} },
      },
    },
    ' there are 2 in it (/Resources/A/Properties, /Resources/B/Properties): take one out',
  ],
  ['no family', { containerDefinitions: [APP] }, ' family is missing'],
  ['no containers', { family: 'web' }, ' containerDefinitions is missing'],
  [
    'an expression of CloudFormation',
    container({ image: { Ref: 'Image' } }),
    `${AT}/image Ref is an expression of CloudFormation: import what aws ecs describe-task-definition prints, which has the values`,
  ],
  [
    'a placeholder',
    container({ image: '<IMAGE1_NAME>' }),
    `${AT}/image must be the name of an image, not "<IMAGE1_NAME>": it is a placeholder, to be filled in first`,
  ],
  [
    'a placeholder in a part',
    container({ image: 'ACCOUNT_ID.dkr.ecr.us-east-1.amazonaws.com/app:1' }),
    `${AT}/image must be the name of an image, not "ACCOUNT_ID.dkr.ecr.us-east-1.amazonaws.com/app:1": it is a placeholder, to be filled in first`,
  ],
  [
    'a variable of a shell',
    container({ name: '$NAME' }),
    `${AT}/name must be 1 to 255 letters, digits, - and _, not "$NAME": it is a placeholder, to be filled in first`,
  ],
  [
    'a word of no list',
    { ...TASK, networkMode: 'bridged' },
    '/networkMode must be bridge, host, awsvpc or none, not "bridged"; did you mean bridge?',
  ],
  [
    'a field that there is none of',
    { ...TASK, volume: [] },
    '/volume unknown property "volume"; did you mean volumes?',
  ],
  [
    'one variable twice',
    container({
      environment: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
      ],
    }),
    `${AT}/environment/1/name stands here twice`,
  ],
])('%s is refused', (_, given, problem) => {
  expect(lenient(given).problems).toContain(problem)
})

it('every field of ECS may be null, as the console shows it', () => {
  const nulls = (shape: string, own: readonly string[]) =>
    Object.fromEntries(
      (ECS_FIELDS[shape] ?? '')
        .split(' ')
        .filter(field => !own.includes(field))
        .map(field => [field, null]),
    )
  const given = {
    ...nulls('RegisterTaskDefinition', ['family', 'containerDefinitions']),
    family: 'web',
    containerDefinitions: [
      {
        ...nulls('ContainerDefinition', ['name', 'image']),
        ...APP,
        logConfiguration: { logDriver: 'local', secretOptions: null },
      },
    ],
  }
  const { task, notes, problems } = lenient(given)
  expect(problems).toEqual([])
  expect(task).toEqual({ containerDefinitions: [{ ...APP, logConfiguration: { logDriver: 'local' } }] })
  expect(notes).toHaveLength(16 + 39 + 1)
})

it('a volume of Terraform becomes one of ECS', () => {
  const { task, problems } = lenient({
    family: 'web',
    container_definitions: [APP],
    volume: [
      { name: 'a', host_path: '/data', docker_volume_configuration: [], efs_volume_configuration: [] },
      {
        name: 'b',
        host_path: '',
        docker_volume_configuration: [{ scope: 'shared', autoprovision: true, driver_opts: null }],
      },
    ],
  })
  expect(problems).toEqual([])
  expect(task.volumes).toEqual([
    { name: 'a', host: { sourcePath: '/data' } },
    { name: 'b', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } },
  ])
})

it('lists whose order means nothing come out sorted, so that constructs give the same revision', () => {
  const { task } = lenient({
    ...container({
      extraHosts: [
        { hostname: 'b', ipAddress: '10.0.0.2' },
        { hostname: 'a', ipAddress: '10.0.0.1' },
      ],
    }),
    tags: [{ key: 'b' }, { key: 'a' }],
  })
  expect(task.tags?.map(t => t.key)).toEqual(['a', 'b'])
  expect(task.containerDefinitions[0]?.extraHosts?.map(h => h.hostname)).toEqual(['a', 'b'])
})

it('what is given stays as it is', () => {
  const given = { taskDefinition: container({ cpu: '1', environment: { A: null } }) }
  const before = structuredClone(given)
  lenient(given)
  expect(given).toEqual(before)
})
