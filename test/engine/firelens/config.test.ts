import { describe, expect, it } from 'vitest'
import type { TaskDefinition } from '../../../engine/desired-state/desired-state.generated.ts'
import { routerConfig } from '../../../engine/firelens/config.ts'
import { document } from '../../support/worlds.ts'

/** A task with a router and an app that sends to it. */
function task(router: object, log: object, more: object = {}): TaskDefinition {
  const containerDefinitions = [
    { name: 'router', image: 'router', firelensConfiguration: router },
    { name: 'app', image: 'app', logConfiguration: { logDriver: 'awsfirelens', ...log } },
    { name: 'plain', image: 'app' },
  ]
  const web = document({ taskDefinitions: { web: { containerDefinitions, ...more } } }).taskDefinitions['web']
  if (!web) throw new Error('no task definition')
  return web
}

function configOf(of: TaskDefinition, secrets: Record<string, string> = {}): string {
  const [router] = of.containerDefinitions
  if (!router) throw new Error('no router')
  return routerConfig(of, router, {
    cluster: 'prod',
    taskArn: 'stowage:prod/web/1/81c2e07b',
    taskDefinition: 'web:81c2e07b',
    secretsOf: container => (container.name === 'app' ? secrets : {}),
  })
}

describe('the configuration of Fluent Bit', () => {
  it('listens, names the task, and sends what the container says where it says', () => {
    const of = task(
      { type: 'fluentbit', options: { 'config-file-type': 'file', 'config-file-value': '/extra.conf' } },
      {
        options: {
          Name: 'http',
          Host: 'logs.example.net',
          'include-pattern': '[Ee]rror',
          'exclude-pattern': 'debug',
          'log-driver-buffer-limit': '2097152',
        },
        secretOptions: [{ name: 'http_Passwd', valueFrom: 'env:A' }],
      },
    )
    expect(configOf(of, { http_Passwd: 'hunter2' })).toBe(`[INPUT]
    Name forward
    unix_path /var/run/fluent.sock

[INPUT]
    Name forward
    Listen 0.0.0.0
    Port 24224

[INPUT]
    Name tcp
    Tag firelens-healthcheck
    Listen 127.0.0.1
    Port 8877

[FILTER]
    Name grep
    Match app-firelens*
    Regex log [Ee]rror

[FILTER]
    Name grep
    Match app-firelens*
    Exclude log debug

[FILTER]
    Name record_modifier
    Match *
    Record ecs_cluster prod
    Record ecs_task_arn stowage:prod/web/1/81c2e07b
    Record ecs_task_definition web:81c2e07b

@INCLUDE /extra.conf

[OUTPUT]
    Name null
    Match firelens-healthcheck

[OUTPUT]
    Name http
    Match app-firelens*
    Host logs.example.net
    http_Passwd hunter2
`)
  })

  it('leaves the output to the included configuration where the container names no plugin', () => {
    const config = configOf(task({ type: 'fluentbit', options: { 'enable-ecs-log-metadata': 'false' } }, {}))
    expect(config).not.toContain('record_modifier')
    expect(config.match(/\[OUTPUT\]/g)).toHaveLength(1)
  })

  it('listens to the task alone where it has an address of its own, and on no port in network mode host', () => {
    expect(configOf(task({ type: 'fluentbit' }, {}, { networkMode: 'awsvpc' }))).toContain(
      'Listen 127.0.0.1\n    Port 24224',
    )
    expect(configOf(task({ type: 'fluentbit' }, {}, { networkMode: 'host' }))).not.toMatch(
      /Listen|healthcheck/,
    )
  })
})

it('the configuration of Fluentd says the same in its own words', () => {
  const options = { '@type': 'elasticsearch', host: 'es', 'include-pattern': 'error' }
  expect(configOf(task({ type: 'fluentd' }, { options }))).toBe(`<source>
    @type unix
    path /var/run/fluent.sock
</source>

<source>
    @type forward
    bind 0.0.0.0
    port 24224
</source>

<filter app-firelens**>
    @type grep
    <regexp>
        key log
        pattern /error/
    </regexp>
</filter>

<filter **>
    @type record_transformer
    <record>
        ecs_cluster prod
        ecs_task_arn stowage:prod/web/1/81c2e07b
        ecs_task_definition web:81c2e07b
    </record>
</filter>

<match app-firelens**>
    @type elasticsearch
    host es
</match>
`)
})
