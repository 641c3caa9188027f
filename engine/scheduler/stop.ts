import type { Fleet } from './fleet.ts'
import { heapOf } from './host-heap.ts'
import { type RankingRequest, rank } from './ranking.ts'

/**
 * The service that is to have fewer tasks: `running` has the hosts of all of its tasks, one entry a task, the
 * candidates among them; `demand` is what each reserves.
 */
export type StopRequest = RankingRequest

/**
 * Which of the candidates to stop, so that the best layout is left, as indexes into `candidates` in the
 * order of stopping. A spread stops where most tasks are, binpack where most would be left free. Changes
 * nothing on the fleet. Of equal ones the last candidate is first.
 */
export function chooseToStop(
  fleet: Fleet,
  request: StopRequest,
  candidates: readonly { readonly host: number }[],
  count: number,
): number[] {
  const free = { cpu: fleet.freeCpu.slice(), memoryMiB: fleet.freeMemoryMiB.slice() }
  const ranking = rank(fleet, request, free)
  const byHost = new Map<number, number[]>()
  const last = new Int32Array(fleet.size)
  for (const [candidate, { host }] of candidates.entries()) {
    const own = byHost.get(host)
    if (own === undefined) byHost.set(host, [candidate])
    else own.push(candidate)
    last[host] = candidate
  }
  const scores = [...ranking.scores, { values: last }]
  const heap = heapOf([...byHost.keys()], { ...ranking, scores }, 'largest')
  const chosen: number[] = []
  while (chosen.length < count) {
    const host = heap.first()
    if (host === undefined) break
    const own = byHost.get(host) ?? []
    const candidate = own.pop()
    if (candidate !== undefined) chosen.push(candidate)
    last[host] = own.at(-1) ?? 0
    free.cpu[host] = (free.cpu[host] ?? 0) + request.demand.cpu
    free.memoryMiB[host] = (free.memoryMiB[host] ?? 0) + request.demand.memoryMiB
    ranking.change(host, -1)
    heap.settle(own.length > 0)
  }
  return chosen
}
