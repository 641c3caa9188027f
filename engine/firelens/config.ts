import type { ContainerDefinition, TaskDefinition } from '../desired-state/desired-state.generated.ts'
import { isRouted, SOCKET_FOLDER } from './router.ts'

type Kind = 'fluentbit' | 'fluentd'

/** Where the router's image expects its configuration. */
export const CONFIG_FILES: Readonly<Record<Kind, { readonly folder: string; readonly name: string }>> = {
  fluentbit: { folder: '/fluent-bit/etc', name: 'fluent-bit.conf' },
  fluentd: { folder: '/fluentd/etc', name: 'fluent.conf' },
}

/** The option that names the plugin a container's messages go to. */
export const OUTPUT_KEY: Readonly<Record<Kind, string>> = { fluentbit: 'Name', fluentd: '@type' }

/** Options of a routed container that are for its log driver, by the driver's own name for them. */
export const DRIVER_OPTIONS: Readonly<Record<string, string>> = {
  'log-driver-buffer-limit': 'fluentd-buffer-limit',
  mode: 'mode',
  'max-buffer-size': 'max-buffer-size',
}

/** What a router is told of the task that it belongs to. */
export interface RouterFacts {
  readonly cluster: string
  /** As the label com.amazonaws.ecs.task-arn has it. */
  readonly taskArn: string
  /** family:revision */
  readonly taskDefinition: string
  /** The values of the secret options of a container. */
  readonly secretsOf: (container: ContainerDefinition) => Readonly<Record<string, string>>
}

/**
 * The configuration that ECS's agent would make for the task's router: where it listens, what it adds to each message,
 * the person's own configuration, and where each container's messages go.
 */
export function routerConfig(task: TaskDefinition, router: ContainerDefinition, facts: RouterFacts): string {
  const { type, options } = router.firelensConfiguration ?? { type: 'fluentbit', options: {} }
  const write = WRITERS[type]
  const { networkMode } = task
  const listens = networkMode === 'bridge' || networkMode === 'awsvpc'
  const routed = task.containerDefinitions.filter(isRouted).map(container => ({
    tag: `${container.name}-firelens${write.rest}`,
    options: { ...container.logConfiguration?.options, ...facts.secretsOf(container) },
  }))
  const sections = [
    write.socket(`${SOCKET_FOLDER}/fluent.sock`),
    ...(listens ? [write.port(networkMode === 'bridge' ? '0.0.0.0' : '127.0.0.1')] : []),
    ...(listens ? write.healthCheckInput : []),
    ...routed.flatMap(({ tag, options: own }) => [
      ...(own['include-pattern'] === undefined ? [] : [write.grep(tag, 'include', own['include-pattern'])]),
      ...(own['exclude-pattern'] === undefined ? [] : [write.grep(tag, 'exclude', own['exclude-pattern'])]),
    ]),
    ...(/^(?:0|f|false)$/i.test(options['enable-ecs-log-metadata'] ?? '')
      ? []
      : [
          write.record([
            ['ecs_cluster', facts.cluster],
            ['ecs_task_arn', facts.taskArn],
            ['ecs_task_definition', facts.taskDefinition],
          ]),
        ]),
    ...(options['config-file-value'] === undefined ? [] : [write.include(options['config-file-value'])]),
    ...(listens ? write.healthCheckOutput : []),
    ...routed.flatMap(({ tag, options: own }) => {
      const plugin = own[OUTPUT_KEY[type]]
      return plugin === undefined ? [] : [write.output(tag, plugin, pluginOptions(type, own))]
    }),
  ]
  return sections.map(section => `${section}\n`).join('\n')
}

type Pair = readonly [string, string]

/** Those of a container's options that its plugin gets, by name. */
export function pluginOptions(type: Kind, options: Readonly<Record<string, string>>): Pair[] {
  const others = new Set([
    OUTPUT_KEY[type],
    'include-pattern',
    'exclude-pattern',
    ...Object.keys(DRIVER_OPTIONS),
  ])
  return Object.entries(options)
    .filter(([name]) => !others.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

interface Writer {
  /** What stands for the rest of a tag. */
  readonly rest: string
  readonly socket: (path: string) => string
  readonly port: (address: string) => string
  readonly healthCheckInput: readonly string[]
  readonly healthCheckOutput: readonly string[]
  readonly grep: (tag: string, which: 'include' | 'exclude', pattern: string) => string
  readonly record: (fields: readonly Pair[]) => string
  readonly include: (path: string) => string
  readonly output: (tag: string, plugin: string, options: readonly Pair[]) => string
}

const lines = (indent: string, pairs: readonly Pair[]) =>
  pairs.map(([name, value]) => `${indent}${name} ${value}`)

/** [OUTPUT] and what stands in it. */
function section(name: string, pairs: readonly Pair[]): string {
  return [`[${name}]`, ...lines('    ', pairs)].join('\n')
}

/** <match tag> … </match> */
function element(name: string, tag: string, inside: readonly string[]): string {
  return [`<${name}${tag && ` ${tag}`}>`, ...inside, `</${name}>`].join('\n')
}

const HEALTH_TAG = 'firelens-healthcheck'

const WRITERS: Readonly<Record<Kind, Writer>> = {
  fluentbit: {
    rest: '*',
    socket: path =>
      section('INPUT', [
        ['Name', 'forward'],
        ['unix_path', path],
      ]),
    port: address =>
      section('INPUT', [
        ['Name', 'forward'],
        ['Listen', address],
        ['Port', '24224'],
      ]),
    healthCheckInput: [
      section('INPUT', [
        ['Name', 'tcp'],
        ['Tag', HEALTH_TAG],
        ['Listen', '127.0.0.1'],
        ['Port', '8877'],
      ]),
    ],
    healthCheckOutput: [
      section('OUTPUT', [
        ['Name', 'null'],
        ['Match', HEALTH_TAG],
      ]),
    ],
    grep: (tag, which, pattern) =>
      section('FILTER', [
        ['Name', 'grep'],
        ['Match', tag],
        [which === 'include' ? 'Regex' : 'Exclude', `log ${pattern}`],
      ]),
    record: fields =>
      section('FILTER', [
        ['Name', 'record_modifier'],
        ['Match', '*'],
        ...fields.map(([name, value]): Pair => ['Record', `${name} ${value}`]),
      ]),
    include: path => `@INCLUDE ${path}`,
    output: (tag, plugin, options) => section('OUTPUT', [['Name', plugin], ['Match', tag], ...options]),
  },
  fluentd: {
    rest: '**',
    socket: path =>
      element(
        'source',
        '',
        lines('    ', [
          ['@type', 'unix'],
          ['path', path],
        ]),
      ),
    port: address =>
      element(
        'source',
        '',
        lines('    ', [
          ['@type', 'forward'],
          ['bind', address],
          ['port', '24224'],
        ]),
      ),
    healthCheckInput: [],
    healthCheckOutput: [],
    grep: (tag, which, pattern) => {
      const name = which === 'include' ? 'regexp' : 'exclude'
      const inside = lines('        ', [
        ['key', 'log'],
        ['pattern', `/${pattern}/`],
      ])
      return element('filter', tag, ['    @type grep', `    <${name}>`, ...inside, `    </${name}>`])
    },
    record: fields =>
      element('filter', '**', [
        '    @type record_transformer',
        '    <record>',
        ...lines('        ', fields),
        '    </record>',
      ]),
    include: path => `@include ${path}`,
    output: (tag, plugin, options) => element('match', tag, lines('    ', [['@type', plugin], ...options])),
  },
}
