import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../fixtures/ecs-task-definitions')

/** What is expected of a task definition that runs on ECS, whose origin and licence INDEX.tsv has. */
export interface Expected {
  /** What is taken for what is meant, with lenient; without it these are refused. */
  readonly lenient?: readonly string[]
  /** The names of what is refused because nothing here does it. */
  readonly unsupported?: string
  /** What is wrong with it on ECS too, with the value that it is given here instead. */
  readonly wrong?: Readonly<Record<string, Fix>>
}

interface Fix {
  readonly says: string
  /** The text in the file, each time that it stands there, and what is put in its place. */
  readonly from: string
  readonly to: string
}

const placeholder = (from: string, to: string): Fix => ({
  says: 'it is a placeholder, to be filled in first',
  from,
  to,
})
/** ECS refuses it, too: a task with an address of its own has no other ports. */
const otherPort = (port: number): Fix => ({
  says: `must be the container's own port ${port} in network mode awsvpc`,
  from: '"hostPort":80',
  to: `"hostPort":${port}`,
})

const ROLES = 'taskRoleArn executionRoleArn'
const SECRET_OPTIONS = 'logConfiguration.secretOptions:aws'
const S3_CONFIG = 'firelensConfiguration.options:s3'
const AWSLOGS = 'logConfiguration:awslogs'

const EXPECTED: Readonly<Record<string, Expected>> = {
  '3jesters__OpenTCG-Backend__task-definition': { unsupported: `${ROLES} secrets:aws ${AWSLOGS}` },
  'MtkN1__cloud-bot-deploy-template__ecs-task-def': {
    lenient: ['/ipcMode', '/pidMode'],
    unsupported: `executionRoleArn ${AWSLOGS}`,
    wrong: {
      '/family': placeholder('{{ must_env `BOT_NAME` }}', 'bot'),
      '/containerDefinitions/0/name': placeholder('{{ must_env `BOT_NAME` }}', 'bot'),
      '/containerDefinitions/0/image': placeholder('{{ must_env `IMAGE` }}', 'bot:1'),
    },
  },
  'aws-containers__ecs-anywhere-tutorial__anywhere-deployment__ecsworker-external-task-def-template': {
    unsupported: `${ROLES} ${AWSLOGS}`,
    wrong: { '/containerDefinitions/0/image': placeholder('CHANGEME_IMAGE', 'ecsworker:1') },
  },
  'aws-observability__aws-otel-collector__examples__ecs__aws-cloudwatch__ecs-fargate-sidecar': {
    lenient: ['/containerDefinitions/0/healthCheck/command'],
    unsupported: `${ROLES} ${AWSLOGS}`,
  },
  'aws-observability__aws-otel-collector__examples__ecs__aws-prometheus__ecs-ec2-task-def': {
    lenient: ['/networkMode'],
    unsupported: `${ROLES} ${AWSLOGS}`,
    wrong: { '/containerDefinitions/0/image': placeholder('{{sampleAppImage}}', 'sample-app:1') },
  },
  ...firelens('cloudwatchlogs-emf__emf-over-tcp__task-definition-bridge', AWSLOGS),
  ...firelens('cloudwatchlogs__task-definition-cloudwatch', AWSLOGS),
  ...firelens('datadog__task-definition', SECRET_OPTIONS),
  ...firelens('ecs-log-collection__task-definition-tail', `${AWSLOGS} ${S3_CONFIG}`),
  ...firelens('ecs-log-collection__task-definition-tcp', `${AWSLOGS} ${S3_CONFIG}`),
  ...firelens('efs__task-definition', `${AWSLOGS} volumes.efsVolumeConfiguration`, ['/taskDefinition']),
  ...firelens('enable-debug-logging__task-definition', `${AWSLOGS} ${S3_CONFIG}`),
  ...firelens('grafana-cloud__task-definition', SECRET_OPTIONS),
  ...firelens('health-check__task-definition-output-metrics-healthcheck', AWSLOGS),
  ...firelens('health-check__task-definition-tcp-healthcheck', AWSLOGS),
  ...firelens('newrelic__example-task-definition', SECRET_OPTIONS),
  ...firelens(
    'parse-envoy-app-mesh__appmesh-firelens-colorteller-black-ecs-task-def',
    `${AWSLOGS} proxyConfiguration`,
  ),
  ...firelens('send-fb-internal-metrics-to-cw__task_definition', AWSLOGS),
  ...firelens('signalfx__task-definition', SECRET_OPTIONS, [
    '/containerDefinitions/1/logConfiguration/secretOptions',
  ]),
  ...firelens('solarwinds-loggly__task-definition', SECRET_OPTIONS),
  ...firelens('sumologic__task-definition', SECRET_OPTIONS),
  'aws-samples__amazon-ecs-firelens-examples__examples__splitting-log-streams__fluentd__task_definition': {
    unsupported: `${ROLES} ${AWSLOGS} ${S3_CONFIG}`,
  },
  'aws-samples__aws-cdk-examples__go__codepipeline-build-deploy__app__taskdef': {
    unsupported: ROLES,
    wrong: { '/containerDefinitions/0/image': placeholder('REPOSITORY_URI:IMAGE_TAG', 'my-app:1') },
  },
  'aws-samples__aws-containers-task-definitions__consul__ConsulClient': { unsupported: AWSLOGS },
  'aws-samples__aws-containers-task-definitions__gunicorn__gunicorn_ec2': { unsupported: AWSLOGS },
  'aws-samples__aws-containers-task-definitions__kibana__kibana_ec2': {
    unsupported: AWSLOGS,
    wrong: { '/containerDefinitions/0/portMappings/0/hostPort': otherPort(5601) },
  },
  'aws-samples__aws-containers-task-definitions__nginx__nginx_ec2': { unsupported: AWSLOGS },
  'aws-samples__aws-containers-task-definitions__tomcat__tomcat_ec2': {
    unsupported: AWSLOGS,
    wrong: {
      '/containerDefinitions/0/portMappings/0/hostPort': { ...otherPort(8080), from: '"hostPort": 80' },
    },
  },
  'aws-samples__aws-containers-task-definitions__tomcat__tomcat_fargate': { unsupported: AWSLOGS },
  'aws-samples__aws-containers-task-definitions__wildfly__wildfly_ec2': { unsupported: AWSLOGS },
  'aws-samples__aws-ecs-anywhere-workshop-samples__external-task-definition': {},
  'aws-samples__aws-ecs-anywhere-workshop-samples__otel-task-definition': {
    unsupported: `${ROLES} ${AWSLOGS}`,
  },
  'aws-samples__aws-ecs-anywhere-workshop-samples__workload-management__ssm-secrets-manager__ssm-secrets-task-definition':
    {
      unsupported: `${ROLES} secrets:aws`,
      wrong: {
        '/family': placeholder('$SSM_TASK_DEFINITION_NAME', 'ssm'),
        '/containerDefinitions/0/name': placeholder('$SSM_TASK_DEFINITION_NAME', 'ssm'),
        '/containerDefinitions/0/image': placeholder('$ECR_REPO:latest', 'ssm:1'),
      },
    },
  'aws-samples__aws-microservices-deploy-options__apps__ecs__fargate__taskdefs__greeting': {},
  'aws-samples__aws-microservices-deploy-options__apps__ecs__fargate__taskdefs__name': {},
  'kayac__ecspresso__tests__ecs-task-def-multiple-plugins': {
    wrong: {
      '/containerDefinitions/0/image': placeholder(
        "{{ tfstate `aws_ecr_repository.all['app'].repository_url` }}:{{ must_env `TAG` }}",
        'app:1',
      ),
    },
  },
  'kayac__ecspresso__tests__td-plain': {
    lenient: ['/status', '/revision'],
    unsupported: `${ROLES} ephemeralStorage ${AWSLOGS} proxyConfiguration`,
    wrong: { '/containerDefinitions/0/image': placeholder('{{ env `TAG` `latest` }}', 'latest') },
  },
}

function firelens(name: string, more = '', lenient?: readonly string[]): Record<string, Expected> {
  const unsupported = `${ROLES} ${more}`
  return {
    [`aws-samples__amazon-ecs-firelens-examples__examples__fluent-bit__${name}`]: {
      unsupported,
      ...(lenient && { lenient }),
    },
  }
}

export interface RealTaskDefinition {
  readonly name: string
  readonly text: string
  /** The text with what is wrong on ECS too put right. */
  readonly fixed: string
  readonly expected: Expected
}

/** Task definitions of public repositories, sorted by name. */
export const REAL_TASK_DEFINITIONS: readonly RealTaskDefinition[] = readdirSync(FOLDER)
  .filter(file => file.endsWith('.json'))
  .sort()
  .map(file => {
    const name = file.replace(/\.json$/, '')
    const text = readFileSync(join(FOLDER, file), 'utf8')
    const expected = EXPECTED[name] ?? {}
    const fixes = Object.values(expected.wrong ?? {})
    const fixed = fixes.reduce((all, { from, to }) => all.replaceAll(from, to), text)
    return { name, text, fixed, expected }
  })

/** The names in the table, to be compared with the files. */
export const EXPECTED_NAMES: readonly string[] = Object.keys(EXPECTED).sort()

/** Where each of them comes from, by file name: the rows of INDEX.tsv. */
export function origins(): string[] {
  const [, ...rows] = readFileSync(join(FOLDER, 'INDEX.tsv'), 'utf8').trim().split('\n')
  return rows.map(row => row.split('\t')[0]?.replace(/\.json$/, '') ?? '').sort()
}
