import { CONFIG_FILES, OUTPUT_KEY, pluginOptions } from '../firelens/config.ts'
import { isRouted, routerOf, SOCKET_FOLDER } from '../firelens/router.ts'
import { closest } from './closest.ts'
import type {
  ContainerDefinition,
  FirelensConfiguration,
  LogConfiguration,
  TaskDefinition,
} from './desired-state.generated.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'

/** What a log router, and a container that sends to one, must hold and the schema cannot say. */
export function checkFirelens(
  at: string,
  container: ContainerDefinition,
  task: TaskDefinition,
): DocumentProblem[] {
  const { firelensConfiguration, logConfiguration } = container
  return [
    ...(firelensConfiguration ? checkRouter(at, container, firelensConfiguration, task) : []),
    ...(logConfiguration && isRouted(container)
      ? checkRouted(pointer(at, 'logConfiguration'), container, logConfiguration, task)
      : []),
  ]
}

const OPTIONS = ['enable-ecs-log-metadata', 'config-file-type', 'config-file-value']

function checkRouter(
  at: string,
  container: ContainerDefinition,
  { type, options }: FirelensConfiguration,
  task: TaskDefinition,
): DocumentProblem[] {
  const here = pointer(at, 'firelensConfiguration')
  const option = (name: string) => pointer(here, 'options', name)
  const first = routerOf(task)
  const taken = [SOCKET_FOLDER, '/run', CONFIG_FILES[type].folder]
  const isFile = container.secrets.some(s => s.deliverAs === 'file')
  return [
    ...(first !== container && first
      ? [documentProblem(here, `${first.name} is the log router of this task already`)]
      : []),
    ...Object.keys(options).flatMap(name =>
      OPTIONS.includes(name)
        ? []
        : [
            documentProblem(
              option(name),
              `a log router has no option ${quote(name)}`,
              closest(name, OPTIONS),
            ),
          ],
    ),
    ...checkConfigFile(option, options),
    ...checkMetadata(option('enable-ecs-log-metadata'), options['enable-ecs-log-metadata']),
    ...container.mountPoints.flatMap(({ containerPath }, i) =>
      taken.includes(containerPath.replace(/\/+$/, ''))
        ? [
            documentProblem(
              pointer(at, 'mountPoints', i, 'containerPath'),
              `${containerPath} is where a log router has its socket or configuration`,
            ),
          ]
        : [],
    ),
    ...(isFile
      ? [
          documentProblem(
            pointer(at, 'secrets'),
            `a log router has its socket in ${SOCKET_FOLDER}, where secrets that are files would be; deliver them as variables`,
          ),
        ]
      : []),
  ]
}

function checkConfigFile(
  option: (name: string) => string,
  options: FirelensConfiguration['options'],
): DocumentProblem[] {
  const { 'config-file-type': type, 'config-file-value': value } = options
  if (type !== undefined && type !== 'file')
    return [documentProblem(option('config-file-type'), `must be file, not ${quote(type)}`)]
  if (type === undefined && value === undefined) return []
  if (type === undefined)
    return [documentProblem(option('config-file-value'), 'needs "config-file-type": "file"')]
  if (value === undefined)
    return [documentProblem(option('config-file-type'), 'needs config-file-value, a path')]
  if (!/^\/[^\s]*$/.test(value))
    return [documentProblem(option('config-file-value'), 'must be an absolute path without blanks')]
  return /\.ya?ml$/i.test(value)
    ? [
        documentProblem(
          option('config-file-value'),
          'a configuration in YAML cannot be included; write it in the classic format',
        ),
      ]
    : []
}

function checkMetadata(at: string, value: string | undefined): DocumentProblem[] {
  if (value === undefined || /^(?:1|t|true|0|f|false)$/i.test(value)) return []
  return [documentProblem(at, `must be true or false, not ${quote(value)}`)]
}

function checkRouted(
  at: string,
  container: ContainerDefinition,
  { options, secretOptions }: LogConfiguration,
  task: TaskDefinition,
): DocumentProblem[] {
  const router = routerOf(task)
  const configuration = router?.firelensConfiguration
  if (!router || !configuration) {
    const message = 'awsfirelens needs a log router: a container of this task with firelensConfiguration'
    return [documentProblem(pointer(at, 'logDriver'), message)]
  }
  if (router === container)
    return [documentProblem(pointer(at, 'logDriver'), 'a log router cannot send its own output to itself')]
  const key = OUTPUT_KEY[configuration.type]
  const names = [...Object.keys(options), ...secretOptions.map(o => o.name)]
  const forPlugin = [
    ...pluginOptions(configuration.type, options).map(([name]) => name),
    ...secretOptions.map(o => o.name),
  ]
  return [
    ...(forPlugin.length > 0 && options[key] === undefined
      ? [documentProblem(pointer(at, 'options'), `${configuration.type} needs ${key}, the plugin to send by`)]
      : []),
    ...names.flatMap(name =>
      /^\S+$/.test(name)
        ? []
        : [documentProblem(pointer(at, 'options', name), 'the name of an option has no blanks')],
    ),
    // a line of its own would be another option, or another section
    ...Object.entries(options).flatMap(([name, value]) =>
      /[\r\n]/.test(value) ? [documentProblem(pointer(at, 'options', name), 'has a line break')] : [],
    ),
  ]
}
