import type { FirelensConfiguration, LogConfiguration } from '../desired-state/document.generated.ts'
import { call, constant, entries, type Expression, props } from './recipe.ts'
import { secret } from './secret-recipe.ts'

/** Where a container's output goes. */
export function logging({ logDriver, options, secretOptions }: LogConfiguration): Expression {
  const given = Object.entries(options ?? {})
  const secrets = (secretOptions ?? []).map(({ name, valueFrom }) => [name, secret(valueFrom)] as const)
  const own = {
    options: given.length === 0 ? undefined : entries(given),
    secretOptions: secrets.length === 0 ? undefined : entries(secrets),
  }
  return logDriver === 'awsfirelens'
    ? call('LogDrivers.firelens', props(own))
    : call('new GenericLogDriver', props({ logDriver, ...own }))
}

/** That a container takes the output of the others. The check of the document knows its options, and no others. */
export function firelens({ type, options = {} }: FirelensConfiguration): Expression {
  const { 'enable-ecs-log-metadata': metadata, 'config-file-value': file } = options
  const own = props({
    enableECSLogMetadata: metadata === undefined ? undefined : metadata === 'true',
    configFileValue: file,
  })
  return props({
    type: constant('FirelensLogRouterType', { fluentbit: 'FLUENTBIT', fluentd: 'FLUENTD' }, type),
    options: own.members.length === 0 ? undefined : own,
  })
}
