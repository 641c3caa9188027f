import { describe, expect, it } from 'vitest'
import { desiredLog, observedLog, withLogDefaults } from '../../../engine/container-config/log.ts'

const TASK = { cluster: 'prod', service: 'web', slot: '1', revision: '81c2e07b00000000' }
const log = (logDriver: string, options: Record<string, string> = {}, secret: readonly string[] = []) =>
  desiredLog('app', {
    logDriver,
    options,
    secretOptions: secret.map(name => ({ name, valueFrom: `env:${name}` })),
  })

describe('what Docker is given', () => {
  const sent = { mode: 'non-blocking', 'max-buffer-size': '10m' }
  it.each([
    ['fluentd', {}, sent],
    ['splunk', { 'splunk-url': 'https://a' }, { ...sent, 'splunk-url': 'https://a' }],
    ['fluentd', { mode: 'blocking' }, { mode: 'blocking' }],
    ['syslog', { 'max-buffer-size': '4m' }, { mode: 'non-blocking', 'max-buffer-size': '4m' }],
    ['json-file', { 'max-size': '1m' }, { 'max-size': '1m' }],
    ['local', {}, {}],
    ['json-file', { mode: 'non-blocking' }, sent],
    ['json-file', { 'max-buffer-size': '4m' }, { mode: 'non-blocking', 'max-buffer-size': '4m' }],
    ['grafana/loki:main', {}, {}],
    [
      'fluentd',
      { 'fluentd-async-connect': 'true', mode: 'blocking' },
      { 'fluentd-async': 'true', mode: 'blocking' },
    ],
  ])('for %s with %j is %j', (driver, options, given) => {
    expect(withLogDefaults(log(driver, options))).toEqual(given)
  })
})

describe('a secret option', () => {
  it('is wanted by its name, without a value', () => {
    expect(log('splunk', { 'splunk-url': 'https://a' }, ['splunk-token'])).toEqual({
      driver: 'splunk',
      options: { 'splunk-url': 'https://a' },
      secretOptions: ['splunk-token'],
    })
  })

  it('is seen by its name, without a value', () => {
    const raw = { Type: 'splunk', Config: { 'splunk-url': 'https://a', 'splunk-token': 'planted' } }
    expect(observedLog(raw, new Set(['splunk-token', 'tag']), TASK)).toEqual(
      log('splunk', { 'splunk-url': 'https://a' }, ['splunk-token']),
    )
  })
})
