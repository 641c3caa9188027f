import { expect, it } from 'vitest'
import { parseDesiredState } from '../../../engine/desired-state/parse.ts'

function problemsOf(logConfiguration: object): string[] {
  const parsed = parseDesiredState({
    schemaVersion: 1,
    cluster: 'prod',
    taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image: 'app', logConfiguration }] } },
  })
  const at = '/taskDefinitions/web/containerDefinitions/0/logConfiguration'
  return parsed.ok ? [] : parsed.problems.map(p => `${p.pointer.replace(at, '')} ${p.message}`)
}

const splunk = { logDriver: 'splunk', options: { 'splunk-url': 'https://splunk:8088' } }
const token = { name: 'splunk-token', valueFrom: 'env:TOKEN' }
const file = (options: object) => ({ logDriver: 'json-file', options })

it.each<[object, string[]]>([
  [{ logDriver: 'journald', options: { tag: 'a', labels: 'a,b' } }, []],
  [
    file({
      'max-size': '10m',
      'max-file': '3',
      compress: 'true',
      mode: 'non-blocking',
      'max-buffer-size': '4m',
    }),
    [],
  ],
  [
    file({ 'max-sise': '10m' }),
    ['/options/max-sise json-file has no option "max-sise"; did you mean max-size?'],
  ],
  [{ logDriver: 'local', options: { tag: 'a' } }, ['/options/tag local has no option "tag"']],
  [file({ 'max-size': 'much' }), ['/options/max-size must be a size, such as 10m, not "much"']],
  [file({ 'max-file': '0' }), ['/options/max-file must be a number of at least 1, not "0"']],
  [file({ compress: 'true' }), ['/options/compress needs max-size: what is compressed are full files']],
  [file({ mode: 'async' }), ['/options/mode must be blocking or non-blocking, not "async"']],
  [
    file({ mode: 'blocking', 'max-buffer-size': '1m' }),
    ['/options/max-buffer-size counts only with "mode": "non-blocking"'],
  ],
  [{ logDriver: 'gelf' }, ['/options gelf needs gelf-address']],
  [
    { logDriver: 'gelf', options: { 'gelf-address': 'log:12201' } },
    ['/options/gelf-address must be udp:// or tcp://, not "log:12201"'],
  ],
  [
    { logDriver: 'syslog', options: { 'syslog-address': 'udp://log:514', 'syslog-format': 'rfc1' } },
    ['/options/syslog-format must be rfc3164, rfc5424 or rfc5424micro, not "rfc1"'],
  ],
  [{ logDriver: 'fluentd', options: { 'fluentd-async-connect': 'true', 'fluentd-retry-wait': '1s' } }, []],
  [{ ...splunk, secretOptions: [token] }, []],
  [splunk, ['/options splunk needs splunk-token']],
  [
    { logDriver: 'splunk', options: { 'splunk-url': 'https://splunk/services', 'splunk-token': 'x' } },
    [
      '/options/splunk-url must be http:// or https:// with a host and no path, not "https://splunk/services"',
    ],
  ],
  [
    { ...splunk, secretOptions: [token, token] },
    ['/secretOptions/1/name another secret option has this name'],
  ],
  [
    { logDriver: 'splunk', options: { ...splunk.options, 'splunk-token': 'x' }, secretOptions: [token] },
    ['/secretOptions/0/name options has splunk-token, too'],
  ],
  [
    { ...splunk, secretOptions: [{ ...token, valueFrom: 'arn:aws:ssm:eu-west-1:1:parameter/token' }] },
    [
      '/secretOptions/0 logConfiguration.secretOptions:aws does nothing here: it names a secret of AWS by its ARN or name, which is not reached from here. Name a source: env:NAME, file:PATH, age:PATH#KEY or exec:COMMAND.',
      '/options splunk needs splunk-token',
    ],
  ],
  [
    { ...splunk, secretOptions: [{ ...token, name: 'splunk-tokn' }] },
    [
      '/secretOptions/0/name splunk has no option "splunk-tokn"; did you mean splunk-token?',
      '/options splunk needs splunk-token',
    ],
  ],
  [{ logDriver: 'grafana/loki:main', options: { 'loki-url': 'x', 'max-size': 'much' } }, []],
])('%j is checked', (logConfiguration, problems) => {
  expect(problemsOf(logConfiguration)).toEqual(problems)
})

it('log drivers of AWS are refused with what does the same', () => {
  expect(problemsOf({ logDriver: 'awslogs', options: { 'awslogs-group': 'a' } }).join()).toMatch(
    /logConfiguration:awslogs does nothing here: CloudWatch .* Take json-file or local/,
  )
})

it.each(['local', 'none', 'syslog', 'journald', 'fluentd', 'gcplogs', 'json-file'])(
  'the driver %s needs no options',
  logDriver => {
    expect(problemsOf({ logDriver })).toEqual([])
  },
)
