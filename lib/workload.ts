import { Construct } from 'constructs'
import type { Cluster } from './cluster.ts'
import { unlessEmpty } from './document.ts'
import { fitAll } from './fit.ts'
import { placed } from './placed.ts'
import { otherCopy, quote, type Shape } from './shape.ts'
import type { TaskDefinition } from './task-definition.ts'

/** What runs a task definition on a cluster, and may wait for others that do: a Service or a RunTask. */
export abstract class Workload extends Construct {
  abstract readonly taskDefinition: TaskDefinition
  /** undefined: there is none, and synth says so. */
  abstract readonly cluster: Cluster | undefined
  /** Its name in the document: that of a service or of a task. */
  abstract get dependencyName(): string
  readonly #dependencies: Workload[] = []

  /** @param what service or task: its id in the construct tree ends with it */
  protected constructor(scope: Construct, what: string, id: string) {
    super(placed(scope, what, id, `.${what}`), `${id}.${what}`)
  }

  /**
   * It begins, and of a service each new revision, once these services are healthy at their own revision and these tasks
   * have ended well. It stops before they do. A service that stays at its revision is scaled and mended whatever becomes
   * of the others.
   */
  addDependency(...others: readonly Workload[]): void {
    this.#dependencies.push(...fitAll(this, 'addDependency', others, DEPENDENCY))
  }

  /** What it waits for. */
  get dependencies(): readonly Workload[] {
    return this.#dependencies
  }

  /** What it waits for, as it stands in the document. */
  protected renderDependencies(): string[] | undefined {
    return unlessEmpty([...new Set(this.#dependencies.map(d => d.dependencyName))].sort())
  }

  /** What is wrong with where it is, and with what it waits for; circles are found by synth. */
  protected checkSurroundings(): string[] {
    const { cluster, node, taskDefinition } = this
    return [
      ...(cluster ? [] : ['it is in no cluster: create it below one, or give it the property cluster']),
      ...(taskDefinition.node.root === node.root ? [] : ['its task definition is of another app']),
      ...(cluster && cluster.node.root !== node.root ? ['its cluster is of another app'] : []),
      ...this.#dependencies
        .filter(other => other.cluster !== cluster)
        .map(other => `it depends on ${other.node.path}, which is not in its cluster`),
    ]
  }
}

const DEPENDENCY: Shape<Workload> = {
  words: 'a Service or a RunTask',
  check: (value, what) =>
    value instanceof Workload
      ? []
      : [
          `${what} takes a Service or a RunTask, not ${otherCopy(value, 'Service', 'RunTask') ?? quote(value)}`,
        ],
}
