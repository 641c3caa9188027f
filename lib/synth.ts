import type { IConstruct } from 'constructs'
import type { DesiredStateDocument } from '../engine/desired-state/document.generated.ts'
import { circles } from './circles.ts'
import { Cluster } from './cluster.ts'
import { ContainerInstance } from './container-instance.ts'
import { compact, SCHEMA_URL, sortedByKey, unlessEmpty } from './document.ts'
import { misfitsOf } from './misfits.ts'
import { RunTask } from './run-task.ts'
import { Service } from './service.ts'
import { SynthError, type SynthProblem } from './synth-error.ts'
import { TaskDefinition } from './task-definition.ts'
import { unfitValues } from './unfit-values.ts'

/**
 * The documents of all clusters below `root`, sorted by cluster name. Throws a SynthError with every error at once; what
 * is of a wrong type, or misspelt, before all else.
 */
export function synthesize(root: IConstruct): DesiredStateDocument[] {
  const constructs = root.node.findAll()
  const misfits = constructs.flatMap(construct =>
    misfitsOf(construct).map(message => ({ path: construct.node.path, message })),
  )
  // the other checks would take what was left out of them for missing
  if (misfits.length > 0) throw new SynthError(misfits)
  const errors = constructs.flatMap(({ node }) =>
    node.validate().map(message => ({ path: node.path, message })),
  )
  const drafts = new Map<Cluster, Draft>()
  for (const cluster of constructs)
    if (cluster instanceof Cluster) drafts.set(cluster, new Draft(cluster, errors))

  const draftOf = (cluster: Cluster | undefined) => (cluster === undefined ? undefined : drafts.get(cluster))
  for (const construct of constructs) {
    const draft = draftOf(Cluster.of(construct))
    if (construct instanceof Service) draftOf(construct.cluster)?.addService(construct)
    if (construct instanceof RunTask) draftOf(construct.cluster)?.addRunTask(construct)
    if (construct instanceof TaskDefinition) draft?.addTaskDefinition(construct)
    if (construct instanceof ContainerInstance) {
      draft?.addContainerInstance(construct)
      if (!draft)
        errors.push({ path: construct.node.path, message: 'it is in no cluster: create it below one' })
    }
  }
  checkClusterNames([...drafts.keys()], errors)
  for (const draft of drafts.values()) draft.checkOrder()
  // what does not even fit cannot be rendered
  if (errors.length > 0) throw new SynthError(errors)
  const documents = [...drafts.values()].map(draft => ({
    cluster: draft.cluster,
    document: draft.document(),
  }))
  for (const { cluster, document } of documents)
    for (const { at, message } of unfitValues(document))
      errors.push({ path: cluster.node.path, message: `${at} ${message}` })
  if (errors.length > 0) throw new SynthError(errors)
  return Object.values(
    sortedByKey(documents.map(({ cluster, document }) => [cluster.clusterName, document] as const)),
  )
}

/** What goes into one document. A name that two constructs claim is an error. */
class Draft {
  readonly cluster: Cluster
  readonly #errors: SynthProblem[]
  readonly #containerInstances = new Map<string, ContainerInstance>()
  readonly #taskDefinitions = new Map<string, TaskDefinition>()
  readonly #services = new Map<string, Service>()
  readonly #tasks = new Map<string, RunTask>()

  constructor(cluster: Cluster, errors: SynthProblem[]) {
    this.cluster = cluster
    this.#errors = errors
  }

  addContainerInstance(instance: ContainerInstance): void {
    this.#claim('container instance', this.#containerInstances, instance.containerInstanceName, instance)
  }

  addTaskDefinition(task: TaskDefinition): void {
    this.#claim('family', this.#taskDefinitions, task.family, task)
  }

  addService(service: Service): void {
    this.#claim('service', this.#services, service.serviceName, service)
    this.addTaskDefinition(service.taskDefinition)
  }

  addRunTask(task: RunTask): void {
    this.#claim('task', this.#tasks, task.taskName, task)
    this.addTaskDefinition(task.taskDefinition)
  }

  /** What both a service and a task are called, and what waits for each other in a circle. */
  checkOrder(): void {
    const waits = new Map(
      [...this.#tasks, ...this.#services].map(([name, c]) => [
        name,
        c.dependencies.map(d => d.dependencyName),
      ]),
    )
    for (const [name, task] of this.#tasks) {
      const service = this.#services.get(name)
      const message = `task ${JSON.stringify(name)} has the name of the service ${service?.node.path}`
      if (service) this.#errors.push({ path: task.node.path, message })
    }
    for (const cycle of circles(waits)) {
      const path = (this.#services.get(cycle[0] ?? '') ?? this.#tasks.get(cycle[0] ?? ''))?.node.path ?? ''
      const message = `${[...cycle, cycle[0]].join(' depends on ')}: none of them could ever start`
      this.#errors.push({ path, message })
    }
  }

  document(): DesiredStateDocument {
    return compact({
      $schema: SCHEMA_URL,
      schemaVersion: 1 as const,
      cluster: this.cluster.clusterName,
      imagePullBehavior: this.cluster.imagePullBehavior,
      lostAfterSeconds: this.cluster.lostAfterSeconds,
      imageCleanup: this.cluster.imageCleanup,
      containerInstances: rendered(this.#containerInstances, c => c.renderContainerInstance()),
      taskDefinitions: rendered(this.#taskDefinitions, t => t.renderTaskDefinition()),
      tasks: rendered(this.#tasks, t => t.renderRunTask()),
      services: rendered(this.#services, s => s.renderService()),
    })
  }

  #claim<T extends IConstruct>(what: string, claimed: Map<string, T>, name: string, construct: T): void {
    const first = claimed.get(name)
    if (first === undefined) claimed.set(name, construct)
    if (first === undefined || first === construct) return
    const message = `${what} ${JSON.stringify(name)} is that of ${first.node.path} already, in the same cluster`
    const path = construct.node.path
    // a task definition comes by once for each of its services
    if (!this.#errors.some(e => e.path === path && e.message === message))
      this.#errors.push({ path, message })
  }
}

function rendered<T, Json>(constructs: ReadonlyMap<string, T>, render: (construct: T) => Json) {
  return unlessEmpty(
    sortedByKey([...constructs].map(([name, construct]) => [name, render(construct)] as const)),
  )
}

/** Documents are files named by their cluster, and some file systems do not tell A from a. */
function checkClusterNames(clusters: readonly Cluster[], errors: SynthProblem[]): void {
  const first = new Map<string, Cluster>()
  for (const cluster of clusters) {
    const name = cluster.clusterName.toLowerCase()
    const other = first.get(name)
    if (other === undefined) first.set(name, cluster)
    else
      errors.push({
        path: cluster.node.path,
        message: `the cluster ${other.node.path} has this name already`,
      })
  }
}
