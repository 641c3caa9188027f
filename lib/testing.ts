/** What a person's tests import from `stowage/testing`: assertions on a synthesized document. */
import type { IConstruct } from 'constructs'
import type {
  ContainerInstance,
  DesiredStateDocument,
  Service,
  TaskDefinition,
} from '../engine/desired-state/document.generated.ts'
import { Cluster } from './cluster.ts'
import { mismatches } from './match.ts'
import { synthesize } from './synth.ts'

export { Match, Matcher } from './match.ts'

/** What a test expects of a part of the document: a part of it, in which Match may stand for values. */
export type Expected = Readonly<Record<string, unknown>>

/** The document of one cluster, for assertions; each throws an Error that says where the document differs. */
export class Template {
  readonly #document: DesiredStateDocument

  private constructor(document: DesiredStateDocument) {
    this.#document = document
  }

  /** Synthesizes the app that the cluster is in, and writes no file. Throws a SynthError where the app is invalid. */
  static fromCluster(cluster: Cluster): Template {
    return Template.#find(cluster, cluster.clusterName)
  }

  /** The same for an app's cluster by its name; needs none where the app has just one cluster. */
  static fromApp(app: IConstruct, clusterName?: string): Template {
    const names = app.node.findAll().flatMap(c => (c instanceof Cluster ? [c.clusterName] : []))
    const [only] = names
    if (clusterName === undefined && (only === undefined || names.length > 1))
      throw new Error(`the app has ${names.length} clusters; name one: ${names.join(', ')}`)
    return Template.#find(app, clusterName ?? only ?? '')
  }

  static #find(construct: IConstruct, clusterName: string): Template {
    const documents = synthesize(construct.node.root)
    const document = documents.find(d => d.cluster === clusterName)
    if (document === undefined)
      throw new Error(`there is no cluster ${clusterName}, only ${documents.map(d => d.cluster).join(', ')}`)
    return new Template(document)
  }

  /** A copy of the whole document. */
  toJSON(): DesiredStateDocument {
    return structuredClone(this.#document)
  }

  /** The service is there, and has at least these properties. */
  hasService(name: string, expected: Expected = {}): void {
    check('service', this.#document.services, name, expected)
  }

  /** The task that runs once is there, and has at least these properties. */
  hasTask(name: string, expected: Expected = {}): void {
    check('task', this.#document.tasks, name, expected)
  }

  /** The task definition is there, and has at least these properties. */
  hasTaskDefinition(family: string, expected: Expected = {}): void {
    check('task definition', this.#document.taskDefinitions, family, expected)
  }

  /** The container of the task definition is there, and has at least these properties. */
  hasContainerDefinition(family: string, name: string, expected: Expected = {}): void {
    this.hasTaskDefinition(family)
    const containers = this.#document.taskDefinitions?.[family]?.containerDefinitions ?? []
    check(`container of ${family}`, Object.fromEntries(containers.map(c => [c.name, c])), name, expected)
  }

  /** The container instance is there, and has at least these properties. */
  hasContainerInstance(name: string, expected: Expected = {}): void {
    check('container instance', this.#document.containerInstances, name, expected)
  }

  /** There are just so many services. */
  serviceCountIs(count: number): void {
    checkCount('services', this.#document.services, count)
  }

  /** There are just so many task definitions. */
  taskDefinitionCountIs(count: number): void {
    checkCount('task definitions', this.#document.taskDefinitions, count)
  }

  /** There are just so many container instances. */
  containerInstanceCountIs(count: number): void {
    checkCount('container instances', this.#document.containerInstances, count)
  }

  /** The services that have at least these properties, by name. */
  findServices(expected: Expected = {}): Record<string, Service> {
    return find(this.#document.services, expected)
  }

  /** The task definitions that have at least these properties, by family. */
  findTaskDefinitions(expected: Expected = {}): Record<string, TaskDefinition> {
    return find(this.#document.taskDefinitions, expected)
  }

  /** The container instances that have at least these properties, by name. */
  findContainerInstances(expected: Expected = {}): Record<string, ContainerInstance> {
    return find(this.#document.containerInstances, expected)
  }
}

type Section<T> = Readonly<Record<string, T>> | undefined

function check<T>(what: string, section: Section<T>, name: string, expected: Expected): void {
  const found = Object.entries(section ?? {}).find(([key]) => key === name)
  if (found === undefined) {
    const others = Object.entries(section ?? {}).map(([key, value]) => `${key}${nearness(expected, value)}`)
    throw new Error(
      `there is no ${what} ${name}; there ${others.length === 0 ? 'is none' : `are: ${others.join(', ')}`}`,
    )
  }
  const differences = mismatches(expected, found[1])
  if (differences.length === 0) return
  const lines = differences.map(difference => `  ${difference}`)
  throw new Error(
    `${what} ${name} is not as expected\n${lines.join('\n')}\nit is ${JSON.stringify(found[1], null, 2)}`,
  )
}

/** Says of another one whether it is what was looked for but for its name. */
function nearness(expected: Expected, value: unknown): string {
  return Object.keys(expected).length > 0 && mismatches(expected, value).length === 0 ? ' (which fits)' : ''
}

function checkCount(what: string, section: Section<unknown>, count: number): void {
  const names = Object.keys(section ?? {})
  if (names.length === count) return
  throw new Error(
    `expected ${count} ${what}, found ${names.length}${names.length > 0 ? `: ${names.join(', ')}` : ''}`,
  )
}

function find<T>(section: Section<T>, expected: Expected): Record<string, T> {
  const found = Object.entries(section ?? {}).filter(([, value]) => mismatches(expected, value).length === 0)
  return structuredClone(Object.fromEntries(found))
}
