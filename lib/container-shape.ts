import type { ContainerDefinitionOptions, ContainerDependency } from './container-definition.ts'
import { checkKnown, checkLists, checkMaps } from './known-props.ts'
import {
  CONTAINER_DEFINITION_OPTIONS,
  CONTAINER_DEPENDENCY_PROPS,
  HEALTH_CHECK_PROPS,
  PORT_MAPPING_PROPS,
} from './prop-names.ts'

/** What TypeScript would say of these options; an app is run without asking it. */
export function checkShape(
  options: ContainerDefinitionOptions,
  dependencies: readonly ContainerDependency[],
): string[] {
  const { healthCheck, portMappings = [] } = options
  return [
    ...checkKnown(options, CONTAINER_DEFINITION_OPTIONS),
    ...checkKnown(healthCheck ?? {}, HEALTH_CHECK_PROPS),
    ...portMappings.flatMap(p => checkKnown(p, PORT_MAPPING_PROPS)),
    ...dependencies.flatMap(d => checkKnown(d, CONTAINER_DEPENDENCY_PROPS)),
    ...checkLists(options, 'command', 'entryPoint', 'dnsServers', 'dnsSearchDomains'),
    ...checkLists(healthCheck ?? { command: [] }, 'command').map(error => `healthCheck: ${error}`),
    ...checkMaps(options, 'environment', 'dockerLabels', 'extraHosts'),
  ]
}
