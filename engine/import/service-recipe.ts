import type { PlacementStrategy, Service } from '../desired-state/document.generated.ts'
import { type PropTable, propsOf } from './props-of.ts'
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

/** Of fields that are several properties, or none. */
const elsewhere = () => undefined

const SERVICE_PROPS: PropTable<Service> = {
  taskDefinition: () => ['taskDefinition', result(TASK)],
  schedulingStrategy: strategy => (strategy === 'DAEMON' ? ['daemon', true] : undefined),
  desiredCount: count => ['desiredCount', count],
  deploymentConfiguration: elsewhere,
  // stowage's own: CreateService has none
  dependsOn: elsewhere,
  placementConstraints: constraints =>
    constraints.length === 0
      ? undefined
      : [
          'placementConstraints',
          constraints.map(({ expression }) =>
            expression === undefined
              ? call('PlacementConstraint.distinctInstances')
              : call('PlacementConstraint.memberOf', expression),
          ),
        ],
  placementStrategy: strategies =>
    strategies.length === 0 ? undefined : ['placementStrategies', strategies.map(strategyOf)],
  enableExecuteCommand: enabled => ['enableExecuteCommand', enabled],
  healthCheckGracePeriodSeconds: seconds => ['healthCheckGracePeriod', call('Duration.seconds', seconds)],
  forceNewDeployment: ({ nonce }) => ['forceNewDeployment', props({ enabled: true, nonce })],
  ignoreUnsupported: names => (names.length === 0 ? undefined : ['ignoreUnsupported', names]),
}

/** How a service of a document is made; the step TASK, its task definition, is given to it. */
export function serviceRecipe(id: string, name: string, service: Service): Recipe {
  const members = [
    ['cluster', result(CLUSTER)] as const,
    ...(name === id ? [] : [['serviceName', name] as const]),
    ...propsOf(SERVICE_PROPS, service),
    ...deployment(service),
  ]
  return { steps: [{ call: call('new Service', result(SCOPE), id, entries(members)) }] }
}

function deployment({ deploymentConfiguration = {} }: Service): readonly (readonly [string, Expression])[] {
  const {
    minimumHealthyPercent,
    maximumPercent,
    steadyAfterSeconds,
    deploymentCircuitBreaker: breaker,
  } = deploymentConfiguration
  return props({
    minHealthyPercent: minimumHealthyPercent,
    maxHealthyPercent: maximumPercent,
    steadyAfter: steadyAfterSeconds === undefined ? undefined : call('Duration.seconds', steadyAfterSeconds),
    circuitBreaker:
      breaker &&
      props({
        enable: breaker.enable,
        rollback: breaker.rollback,
        resetOnHealthyTask: breaker.resetOnHealthyTask,
        thresholdConfiguration:
          breaker.thresholdConfiguration &&
          props({
            type: constant(
              'ThresholdType',
              { [breaker.thresholdConfiguration.type]: breaker.thresholdConfiguration.type },
              breaker.thresholdConfiguration.type,
            ),
            value: breaker.thresholdConfiguration.value,
          }),
      }),
  }).members
}

function strategyOf({ type, field = '' }: PlacementStrategy): Expression {
  if (type === 'random') return call('PlacementStrategy.randomly')
  return call(type === 'spread' ? 'PlacementStrategy.spreadAcross' : 'PlacementStrategy.packedBy', field)
}
