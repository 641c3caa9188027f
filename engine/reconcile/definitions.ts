import type { TaskDefinition } from '../desired-state/desired-state.generated.ts'
import { withDefaults } from '../desired-state/minimal.ts'
import validate from '../desired-state/validate.generated.cjs'
import { hostRangeOf } from '../container-config/port-ranges.ts'
import { rangeOf, sizeOf } from '../port-range.ts'
import type { Demand } from '../scheduler/demand.ts'
import { demandOf } from '../scheduler/demand.ts'
import type { ObservedTask } from './task.ts'

/** The task definitions that tasks carry in their labels, each read once. */
export class StoredDefinitions {
  readonly #read = new Map<string, TaskDefinition | undefined>()
  readonly #demands = new WeakMap<TaskDefinition, Demand>()

  /** What the task was made from; undefined where its label is missing or was tampered with. */
  of(task: ObservedTask): TaskDefinition | undefined {
    const text = storedDefinition(task)
    if (text === undefined) return undefined
    if (!this.#read.has(text)) this.#read.set(text, parse(text))
    return this.#read.get(text)
  }

  /** What the task reserves. Without its definition only its ports are known. */
  demand(task: ObservedTask): Demand {
    const definition = this.of(task)
    if (definition) return withOwnRanges(this.demandOf(definition), definition, task)
    const ports = task.containers.flatMap(c => c.ports)
    const gpus = task.containers.flatMap(c => c.gpus ?? []).length
    return {
      cpu: 0,
      memoryMiB: 0,
      ...(gpus > 0 && { gpus }),
      ports: ports.filter(
        (p, i) => ports.findIndex(q => q.hostPort === p.hostPort && q.protocol === p.protocol) === i,
      ),
    }
  }

  demandOf(definition: TaskDefinition): Demand {
    let demand = this.#demands.get(definition)
    if (!demand) this.#demands.set(definition, (demand = demandOf(definition)))
    return demand
  }
}

/** What runs has its ranges of host ports: they are read from its containers. */
function withOwnRanges(demand: Demand, definition: TaskDefinition, task: ObservedTask): Demand {
  if (!demand.ranges) return demand
  const { ranges: _, ...rest } = demand
  const ports = definition.containerDefinitions.flatMap(({ name, portMappings }) => {
    const config = task.containers.find(c => c.identity.container === name)?.config
    return portMappings.flatMap(p => {
      const range = rangeOf(p)
      const isRange = p.containerPortRange !== undefined && config
      const host = isRange ? hostRangeOf(config.ports, range, p.protocol) : undefined
      if (host === undefined) return []
      return Array.from({ length: sizeOf(range) }, (__, i) => ({ hostPort: host + i, protocol: p.protocol }))
    })
  })
  return { ...rest, ports: [...rest.ports, ...ports] }
}

function storedDefinition(task: ObservedTask): string | undefined {
  return task.containers.find(c => c.identity.taskDefinition !== '')?.identity.taskDefinition
}

/** Anybody may write a label: what does not fit the schema is as good as none. A later version may know more fields. */
function parse(text: string): TaskDefinition | undefined {
  try {
    const definition: unknown = JSON.parse(text)
    const document = { schemaVersion: 1, cluster: 'c', taskDefinitions: { t: definition } }
    const fits = validate(document) || validate.errors?.every(e => e.keyword === 'additionalProperties')
    return fits ? withDefaults<TaskDefinition>('TaskDefinition', definition) : undefined
  } catch {
    return undefined
  }
}
