import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import type { ObservedState } from '../../engine/observed-state.ts'
import type { Plan } from '../../engine/plan.ts'
import { demandOf } from '../../engine/scheduler/demand.ts'

/** How good the layout is that a plan leaves. */
export interface Quality {
  /** Tasks that are wanted and that have no place. */
  readonly notPlaced: number
  /** Of the services that are spread by default and may run anywhere: the largest difference between two zones. */
  readonly largestZoneDifference: number
  /** Of the same services: the largest difference between two instances of one zone. */
  readonly largestInstanceDifference: number
  /** Reserved of what there is, in percent: on the fullest instance, and on all together. */
  readonly highestCpuFill: number
  readonly highestMemoryFill: number
  readonly meanCpuFill: number
  readonly meanMemoryFill: number
}

/** Looks at the layout after a plan's steps; every task has one container. */
export function qualityOf(desired: DesiredState, observed: ObservedState, plan: Plan): Quality {
  const counts = tasksAfter(observed, plan)
  return { ...spreadOf(desired, observed, counts), ...fillOf(desired, observed, counts) }
}

/** By service, then by instance. */
type Counts = Map<string, Map<string, number>>

function tasksAfter(observed: ObservedState, plan: Plan): Counts {
  const counts: Counts = new Map()
  const count = (service: string, instance: string, by: number) => {
    let ofService = counts.get(service)
    if (!ofService) counts.set(service, (ofService = new Map()))
    ofService.set(instance, (ofService.get(instance) ?? 0) + by)
  }
  for (const instance of Object.values(observed.instances)) {
    if (!instance.reachable) continue
    for (const { identity } of instance.containers) count(identity.service, instance.name, 1)
  }
  for (const { action, service = '' } of plan.steps) {
    if (action.kind === 'create-container') count(service, action.instance, 1)
    else if (action.kind === 'remove-container') count(service, action.instance, -1)
  }
  return counts
}

function spreadOf(desired: DesiredState, observed: ObservedState, counts: Counts) {
  const zones = new Map<string, string[]>()
  for (const instance of Object.keys(observed.instances)) {
    const zone = desired.containerInstances[instance]?.attributes['zone'] ?? ''
    const members = zones.get(zone)
    if (members) members.push(instance)
    else zones.set(zone, [instance])
  }
  let notPlaced = 0
  let largestZoneDifference = 0
  let largestInstanceDifference = 0
  for (const [name, service] of Object.entries(desired.services)) {
    const ofService = counts.get(name) ?? new Map<string, number>()
    notPlaced += Math.max(0, (service.desiredCount ?? 1) - sum(ofService.values()))
    if (service.placementStrategy.length > 0 || service.placementConstraints.length > 0) continue
    const byZone = [...zones.values()].map(instances => instances.map(i => ofService.get(i) ?? 0))
    largestZoneDifference = Math.max(largestZoneDifference, difference(byZone.map(sum)))
    largestInstanceDifference = Math.max(largestInstanceDifference, ...byZone.map(difference))
  }
  return { notPlaced, largestZoneDifference, largestInstanceDifference }
}

function fillOf(desired: DesiredState, observed: ObservedState, counts: Counts) {
  const cpu = new Map<string, number>()
  const memory = new Map<string, number>()
  for (const [name, ofService] of counts) {
    const definition = desired.taskDefinitions[desired.services[name]?.taskDefinition ?? '']
    if (!definition) continue
    const demand = demandOf(definition)
    for (const [instance, tasks] of ofService) {
      cpu.set(instance, (cpu.get(instance) ?? 0) + tasks * demand.cpu)
      memory.set(instance, (memory.get(instance) ?? 0) + tasks * demand.memoryMiB)
    }
  }
  const hosts = Object.values(observed.instances).flatMap(i => (i.reachable ? [i] : []))
  const highest = (used: Map<string, number>, of: 'cpu' | 'memoryMiB') =>
    hosts.reduce((most, i) => Math.max(most, percent(used.get(i.name) ?? 0, i.engine[of])), 0)
  const mean = (used: Map<string, number>, of: 'cpu' | 'memoryMiB') =>
    percent(sum(used.values()), sum(hosts.map(i => i.engine[of])))
  return {
    highestCpuFill: highest(cpu, 'cpu'),
    highestMemoryFill: highest(memory, 'memoryMiB'),
    meanCpuFill: mean(cpu, 'cpu'),
    meanMemoryFill: mean(memory, 'memoryMiB'),
  }
}

function difference(counts: readonly number[]): number {
  let [least = 0, most = 0] = [counts[0], counts[0]]
  for (const count of counts) {
    least = Math.min(least, count)
    most = Math.max(most, count)
  }
  return most - least
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10
}

function sum(numbers: Iterable<number>): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
