import type {
  DeploymentCircuitBreaker,
  DeploymentConfiguration,
  PlacementStrategy,
  Service,
  ThresholdConfiguration,
} from '../desired-state/document.generated.ts'
import { as, elsewhere, listAs, objectOf, propsOf, type PropTable } from './props-of.ts'
import {
  call,
  CLUSTER,
  constant,
  entries,
  type Expression,
  props,
  type Recipe,
  result,
  SCOPE,
  TASK,
} from './recipe.ts'

const THRESHOLD: PropTable<ThresholdConfiguration> = {
  type: word => ['type', constant('ThresholdType', { [word]: word }, word)],
  value: as('value'),
}

const BREAKER: PropTable<DeploymentCircuitBreaker> = {
  enable: as('enable'),
  rollback: as('rollback'),
  resetOnHealthyTask: as('resetOnHealthyTask'),
  thresholdConfiguration: threshold => ['thresholdConfiguration', objectOf(THRESHOLD)(threshold)],
}

/** They stand among the properties of the service itself. */
const DEPLOYMENT: PropTable<DeploymentConfiguration> = {
  minimumHealthyPercent: as('minHealthyPercent'),
  maximumPercent: as('maxHealthyPercent'),
  steadyAfterSeconds: seconds => ['steadyAfter', call('Duration.seconds', seconds)],
  deploymentCircuitBreaker: breaker => ['circuitBreaker', objectOf(BREAKER)(breaker)],
}

const SERVICE_PROPS: PropTable<Service> = {
  taskDefinition: () => ['taskDefinition', result(TASK)],
  schedulingStrategy: strategy => (strategy === 'DAEMON' ? ['daemon', true] : undefined),
  desiredCount: as('desiredCount'),
  deploymentConfiguration: elsewhere,
  placementConstraints: listAs('placementConstraints', ({ expression }) =>
    expression === undefined
      ? call('PlacementConstraint.distinctInstances')
      : call('PlacementConstraint.memberOf', expression),
  ),
  placementStrategy: listAs('placementStrategies', strategyOf),
  enableExecuteCommand: as('enableExecuteCommand'),
  // stowage's own: CreateService has none
  dependsOn: elsewhere,
  healthCheckGracePeriodSeconds: seconds => ['healthCheckGracePeriod', call('Duration.seconds', seconds)],
  forceNewDeployment: ({ nonce }) => ['forceNewDeployment', props({ enabled: true, nonce })],
  ignoreUnsupported: listAs('ignoreUnsupported', name => name),
}

/** How a service of a document is made; the step TASK, its task definition, is given to it. */
export function serviceRecipe(id: string, name: string, service: Service): Recipe {
  const members = [
    ['cluster', result(CLUSTER)] as const,
    ...(name === id ? [] : [['serviceName', name] as const]),
    ...propsOf(SERVICE_PROPS, service),
    ...propsOf(DEPLOYMENT, service.deploymentConfiguration ?? {}),
  ]
  return { steps: [{ call: call('new Service', result(SCOPE), id, entries(members)) }] }
}

function strategyOf({ type, field = '' }: PlacementStrategy): Expression {
  if (type === 'random') return call('PlacementStrategy.randomly')
  return call(type === 'spread' ? 'PlacementStrategy.spreadAcross' : 'PlacementStrategy.packedBy', field)
}
