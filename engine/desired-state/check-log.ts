import { parseSource } from '../secrets/source.ts'
import { closest } from './closest.ts'
import type { ContainerDefinition, LogConfiguration } from './desired-state.generated.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'
import { repeated } from './repeated.ts'

/** What a log configuration must hold and the schema cannot say: what Docker itself would refuse when a task is made. */
export function checkLog(at: string, { logConfiguration }: ContainerDefinition): DocumentProblem[] {
  if (!logConfiguration) return []
  const here = pointer(at, 'logConfiguration')
  return [
    ...checkSecretOptions(here, logConfiguration),
    ...checkNames(here, logConfiguration),
    ...checkValues(here, logConfiguration),
    ...checkNeeded(here, logConfiguration),
  ]
}

function checkSecretOptions(at: string, { options, secretOptions }: LogConfiguration): DocumentProblem[] {
  return [
    ...repeated(secretOptions.map(o => o.name)).map(i =>
      documentProblem(pointer(at, 'secretOptions', i, 'name'), 'another secret option has this name'),
    ),
    ...secretOptions.flatMap(({ name, valueFrom }, i) => {
      const source = parseSource(valueFrom)
      return [
        ...(Object.hasOwn(options, name)
          ? [documentProblem(pointer(at, 'secretOptions', i, 'name'), `options has ${name}, too`)]
          : []),
        ...(source.ok ? [] : [documentProblem(pointer(at, 'secretOptions', i, 'valueFrom'), source.message)]),
      ]
    }),
  ]
}

const ATTRIBUTES = ['labels', 'labels-regex', 'env', 'env-regex', 'tag']
/** Docker takes these for every driver. */
const ALL = ['mode', 'max-buffer-size']
const FILES = ['max-size', 'max-file', 'compress']

/** The options of Docker's own drivers, 20.10 to 29; it refuses others. Plugins have options that nobody knows here. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  'json-file': [...FILES, ...ATTRIBUTES],
  local: FILES,
  journald: ATTRIBUTES,
  syslog: [
    ...prefixed('syslog-', 'address facility format tls-ca-cert tls-cert tls-key tls-skip-verify'),
    ...ATTRIBUTES,
  ],
  gelf: [
    ...prefixed('gelf-', 'address compression-level compression-type tcp-max-reconnect tcp-reconnect-delay'),
    ...ATTRIBUTES,
  ],
  fluentd: [
    ...prefixed('fluentd-', 'address async async-connect async-reconnect-interval buffer-limit max-retries'),
    ...prefixed('fluentd-', 'read-timeout request-ack retry-wait sub-second-precision write-timeout'),
    ...ATTRIBUTES,
  ],
  splunk: [
    ...prefixed('splunk-', 'caname capath format gzip gzip-level index index-acknowledgment'),
    ...prefixed('splunk-', 'insecureskipverify source sourcetype token url verify-connection'),
    ...ATTRIBUTES,
  ],
}

function prefixed(prefix: string, names: string): string[] {
  return names.split(' ').map(name => `${prefix}${name}`)
}

function checkNames(at: string, { logDriver, options, secretOptions }: LogConfiguration): DocumentProblem[] {
  const own = OPTIONS[logDriver]
  if (!own) return []
  const known = [...own, ...ALL]
  const check = (here: string, name: string) => {
    if (known.includes(name)) return []
    return [documentProblem(here, `${logDriver} has no option ${quote(name)}`, closest(name, known))]
  }
  return [
    ...Object.keys(options).flatMap(name => check(pointer(at, 'options', name), name)),
    ...secretOptions.flatMap(({ name }, i) => check(pointer(at, 'secretOptions', i, 'name'), name)),
  ]
}

const BOOLEAN = /^(?:1|t|true|0|f|false)$/i
const SIZE = /^\d+(?:\.\d+)? ?(?:[kmgtp]i?b?|b)?$/i
const NUMBER = /^\d+$/
const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/

/** What the value of an option must be, whatever the driver: no two drivers mean another thing by one name. */
const VALUES: Readonly<Record<string, readonly [RegExp, string]>> = {
  mode: [/^(?:non-)?blocking$/, 'blocking or non-blocking'],
  'max-buffer-size': [SIZE, 'a size, such as 10m'],
  'max-size': [SIZE, 'a size, such as 10m'],
  'max-file': [/^[1-9]\d*$/, 'a number of at least 1'],
  compress: [BOOLEAN, 'true or false'],
  'syslog-address': [
    /^(?:tcp|udp|tcp\+tls|unix|unixgram):\/\/./,
    'tcp://, udp://, tcp+tls://, unix:// or unixgram://',
  ],
  'syslog-format': [/^(?:rfc3164|rfc5424|rfc5424micro)?$/, 'rfc3164, rfc5424 or rfc5424micro'],
  'gelf-address': [/^(?:tcp|udp):\/\/./, 'udp:// or tcp://'],
  'gelf-compression-type': [/^(?:gzip|zlib|none)$/, 'gzip, zlib or none'],
  'gelf-compression-level': [/^-?\d$/, 'a number from -1 to 9'],
  'gelf-tcp-max-reconnect': [NUMBER, 'a number'],
  'gelf-tcp-reconnect-delay': [NUMBER, 'a number of seconds'],
  'fluentd-async': [BOOLEAN, 'true or false'],
  'fluentd-async-connect': [BOOLEAN, 'true or false'],
  'fluentd-request-ack': [BOOLEAN, 'true or false'],
  'fluentd-sub-second-precision': [BOOLEAN, 'true or false'],
  'fluentd-buffer-limit': [SIZE, 'a size, such as 8m'],
  'fluentd-max-retries': [NUMBER, 'a number'],
  'fluentd-retry-wait': [DURATION, 'a duration, such as 1s'],
  'splunk-url': [/^https?:\/\/[^/]+\/?$/, 'http:// or https:// with a host and no path'],
  'splunk-format': [/^(?:inline|json|raw)$/, 'inline, json or raw'],
  'splunk-gzip': [BOOLEAN, 'true or false'],
  'splunk-gzip-level': [/^(?:-1|\d)$/, 'a number from -1 to 9'],
  'splunk-index-acknowledgment': [BOOLEAN, 'true or false'],
  'splunk-insecureskipverify': [BOOLEAN, 'true or false'],
  'splunk-verify-connection': [BOOLEAN, 'true or false'],
}

function checkValues(at: string, { logDriver, options }: LogConfiguration): DocumentProblem[] {
  const checked = Object.entries(options).flatMap(([name, value]) => {
    const [form, is] = VALUES[name] ?? []
    // a plugin may mean something else by a name that is not its own alone
    if (!form || (!OPTIONS[logDriver] && !ALL.includes(name)) || form.test(value)) return []
    return [documentProblem(pointer(at, 'options', name), `must be ${is}, not ${quote(value)}`)]
  })
  const { mode, 'max-buffer-size': buffer, compress, 'max-size': size } = options
  if (buffer !== undefined && mode === 'blocking')
    checked.push(
      documentProblem(pointer(at, 'options', 'max-buffer-size'), 'counts only with "mode": "non-blocking"'),
    )
  if (logDriver === 'json-file' && /^(?:1|t|true)$/i.test(compress ?? '') && size === undefined)
    checked.push(
      documentProblem(
        pointer(at, 'options', 'compress'),
        'needs max-size: what is compressed are full files',
      ),
    )
  return checked
}

/** Without these Docker would refuse to start the container. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  gelf: ['gelf-address'],
  splunk: ['splunk-url', 'splunk-token'],
}

function checkNeeded(at: string, { logDriver, options, secretOptions }: LogConfiguration): DocumentProblem[] {
  const given = new Set([...Object.keys(options), ...secretOptions.map(o => o.name)])
  return (NEEDED[logDriver] ?? [])
    .filter(name => !given.has(name))
    .map(name => documentProblem(pointer(at, 'options'), `${logDriver} needs ${name}`))
}
