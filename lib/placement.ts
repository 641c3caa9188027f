import type {
  PlacementConstraint as ConstraintJson,
  PlacementStrategy as StrategyJson,
} from '../engine/desired-state/document.generated.ts'

import { checked } from './fit.ts'
import { texts } from './shape.ts'

/** Attributes that every container instance has of itself, for spreadAcross and memberOf. */
export const BuiltInAttributes = {
  /** The container instance's name. */
  INSTANCE_ID: 'instanceId',
  /** Set it with `attributes: { 'ecs.availability-zone': … }`; a service is spread across it by default. */
  AVAILABILITY_ZONE: 'attribute:ecs.availability-zone',
  /** Set it with `attributes: { 'ecs.instance-type': … }`. */
  INSTANCE_TYPE: 'attribute:ecs.instance-type',
  /** linux */
  OS_TYPE: 'attribute:ecs.os-type',
  /** x86_64 or arm64 */
  CPU_ARCHITECTURE: 'attribute:ecs.cpu-architecture',
} as const

/** Which container instances come first for a service's tasks. */
export class PlacementStrategy {
  readonly #json: readonly StrategyJson[]

  private constructor(json: readonly StrategyJson[]) {
    this.#json = json
  }

  /** As many tasks on each container instance as on any other. */
  static spreadAcrossInstances(): PlacementStrategy {
    return PlacementStrategy.spreadAcross(BuiltInAttributes.INSTANCE_ID)
  }

  /** Evenly over the values of each field, in their order: `instanceId` or `attribute:NAME`. */
  static spreadAcross(...fields: readonly string[]): PlacementStrategy {
    const made = new PlacementStrategy(fields.map(field => ({ type: 'spread', field })))
    return checked(made, fields, 'spreadAcross', texts)
  }

  /** Onto the container instance with the least CPU left that can still take the task. */
  static packedByCpu(): PlacementStrategy {
    return PlacementStrategy.packedBy('cpu')
  }

  /** Onto the container instance with the least memory left that can still take the task. */
  static packedByMemory(): PlacementStrategy {
    return PlacementStrategy.packedBy('memory')
  }

  /** Onto the container instance with the least of this left that can still take the task. */
  static packedBy(resource: 'cpu' | 'memory'): PlacementStrategy {
    return new PlacementStrategy([{ type: 'binpack', field: resource }])
  }

  /** In no particular order; the same document is still placed the same way each time. */
  static randomly(): PlacementStrategy {
    return new PlacementStrategy([{ type: 'random' }])
  }

  /** Its place in the document. */
  toJson(): StrategyJson[] {
    return [...this.#json]
  }
}

/** Which container instances a service's tasks may be on at all. */
export class PlacementConstraint {
  readonly #json: readonly ConstraintJson[]

  private constructor(json: readonly ConstraintJson[]) {
    this.#json = json
  }

  /** Each task on a container instance of its own. */
  static distinctInstances(): PlacementConstraint {
    return new PlacementConstraint([{ type: 'distinctInstance' }])
  }

  /** Where every expression of ECS's cluster query language holds: `attribute:zone == a`. */
  static memberOf(...expressions: readonly string[]): PlacementConstraint {
    const made = new PlacementConstraint(expressions.map(expression => ({ type: 'memberOf', expression })))
    return checked(made, expressions, 'memberOf', texts)
  }

  /** Its place in the document. */
  toJson(): ConstraintJson[] {
    return [...this.#json]
  }
}

const CONSTRAINTS_MAX = 10
const STRATEGIES_MAX = 5
const EXPRESSION_MAX = 2000

/** What is wrong with placement constraints; their expressions are read when the document is. */
export function checkConstraints(constraints: readonly ConstraintJson[]): string[] {
  const expressions = constraints.flatMap(c => c.expression ?? [])
  return [
    ...(constraints.length > CONSTRAINTS_MAX
      ? [`at most ${CONSTRAINTS_MAX} placement constraints, not ${constraints.length}`]
      : []),
    ...expressions
      .filter(e => e.trim() === '' || e.length > EXPRESSION_MAX)
      .map(e => `an expression of memberOf has 1 to ${EXPRESSION_MAX} characters, not ${e.trim().length}`),
  ]
}

/** What is wrong with placement strategies. */
export function checkStrategies(strategies: readonly StrategyJson[]): string[] {
  const unknown = strategies.filter(
    s => s.type === 'spread' && !/^(?:instanceId|host|attribute:[A-Za-z0-9_./-]{1,128})$/.test(s.field ?? ''),
  )
  return [
    ...(strategies.length > STRATEGIES_MAX
      ? [`at most ${STRATEGIES_MAX} placement strategies, not ${strategies.length}`]
      : []),
    ...unknown.map(s => `spreadAcross takes instanceId or attribute:NAME, not ${JSON.stringify(s.field)}`),
  ]
}
