import { expect, it } from 'vitest'
import { parseDesiredState } from '../../../engine/desired-state/parse.ts'

const ROUTER = { name: 'router', image: 'a', firelensConfiguration: { type: 'fluentbit' } }
const FILE = { 'config-file-type': 'file', 'config-file-value': '/extra.conf' }

function problemsOf(log: object, router: object = {}, more: readonly object[] = []): string[] {
  const app = { name: 'app', image: 'a', logConfiguration: { logDriver: 'awsfirelens', ...log } }
  const containerDefinitions = [app, { ...ROUTER, ...router }, ...more]
  const parsed = parseDesiredState({
    schemaVersion: 1,
    cluster: 'prod',
    taskDefinitions: { web: { containerDefinitions } },
  })
  return parsed.ok
    ? []
    : parsed.problems.map(
        p => `${p.pointer.replace('/taskDefinitions/web/containerDefinitions', '')} ${p.message}`,
      )
}

const configured = (options: object) => ({ firelensConfiguration: { type: 'fluentbit', options } })

it.each<[object, object, string[]]>([
  [{}, {}, []],
  [{ options: { Name: 'stdout', Match: '*' } }, {}, []],
  [{ options: { 'include-pattern': 'a', mode: 'blocking' } }, configured(FILE), []],
  [
    { options: { host: 'es' } },
    {},
    ['/0/logConfiguration/options fluentbit needs Name, the plugin to send by'],
  ],
  [
    { options: { Name: 'http' }, secretOptions: [{ name: 'a b', valueFrom: 'env:A' }] },
    {},
    ['/0/logConfiguration/options/a b the name of an option has no blanks'],
  ],
  [
    { options: { Name: 'http', header: 'a\n[OUTPUT]' } },
    {},
    ['/0/logConfiguration/options/header has a line break'],
  ],
  [
    {},
    { firelensConfiguration: undefined },
    [
      '/0/logConfiguration/logDriver awsfirelens needs a log router: a container of this task with firelensConfiguration',
    ],
  ],
  [
    {},
    { logConfiguration: { logDriver: 'awsfirelens' } },
    ['/1/logConfiguration/logDriver a log router cannot send its own output to itself'],
  ],
  [
    {},
    configured({ 'config-file-type': 's3', 'config-file-value': 'arn:aws:s3:::b/extra.conf' }),
    [
      '/1/firelensConfiguration/options firelensConfiguration.options:s3 does nothing here: S3 is not reached from here. Put the file into the image or a volume, with "config-file-type": "file".',
    ],
  ],
  [
    {},
    configured({ ...FILE, 'config-file-value': '/extra.yaml' }),
    [
      '/1/firelensConfiguration/options/config-file-value a configuration in YAML cannot be included; write it in the classic format',
    ],
  ],
  [
    {},
    configured({ ...FILE, 'config-file-value': '/a\n[OUTPUT]' }),
    ['/1/firelensConfiguration/options/config-file-value must be an absolute path without blanks'],
  ],
  [
    {},
    configured({ 'enable-ecs-log-metdata': 'true' }),
    [
      '/1/firelensConfiguration/options/enable-ecs-log-metdata a log router has no option "enable-ecs-log-metdata"; did you mean enable-ecs-log-metadata?',
    ],
  ],
  [
    {},
    { secrets: [{ name: 'A', valueFrom: 'env:A', deliverAs: 'file' }] },
    [
      '/1/secrets a log router has its socket in /var/run, where secrets that are files would be; deliver them as variables',
    ],
  ],
  [
    {},
    { dependsOn: [{ containerName: 'app', condition: 'START' }] },
    ['/0/dependsOn containers wait for each other: app → router → app'],
  ],
])('%j with the router %j is checked', (log, router, problems) => {
  expect(problemsOf(log, router)).toEqual(problems)
})

it('a task has one log router', () => {
  expect(problemsOf({}, {}, [{ ...ROUTER, name: 'other' }])).toEqual([
    '/2/firelensConfiguration router is the log router of this task already',
  ])
})
