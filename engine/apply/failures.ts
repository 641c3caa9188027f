import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerInspect, DockerHost } from '../docker/docker-host.ts'
import type { TaskFailure } from '../events.ts'
import { healthOf, time } from '../observe/from-docker.ts'
import type { ServiceState } from '../reconcile/service-state.ts'

/** So many tasks of one service are looked into: the others most likely fail alike. */
const MOST = 3
const LINES = 20
const LOOK_MS = 100
const MOST_LOOKS = 20

/** Looks into the tasks that failed: exit code, memory, last lines. What cannot be had any more is left out. */
export async function explainFailures(
  services: readonly ServiceState[],
  hosts: ReadonlyMap<string, DockerHost>,
): Promise<TaskFailure[]> {
  const failing = services.flatMap(({ service, failing }) =>
    failing.slice(0, MOST).map(task => ({ service, ...task })),
  )
  const found = await Promise.all(
    failing.flatMap(({ service, task, instance, containers }) => {
      const host = hosts.get(instance)
      return host ? containers.map(id => explain(host, id, { service, task, instance })) : []
    }),
  )
  return found.filter(f => f !== undefined)
}

async function explain(
  host: DockerHost,
  id: string,
  about: Pick<TaskFailure, 'service' | 'task' | 'instance'>,
): Promise<TaskFailure | undefined> {
  try {
    const inspected = await inspectEnded(host, id)
    const { State: state, RestartCount: restarts, Config: config } = inspected
    const health = healthOf(inspected)
    const stands = state.Status === 'running' && health !== 'unhealthy' && restarts === 0
    const waits = state.Status === 'created' && state.Error === ''
    const endedWell = state.Status === 'exited' && state.ExitCode === 0 && restarts === 0
    if (stands || waits || (endedWell && health !== 'unhealthy')) return undefined
    const ran = state.Status === 'running' ? 0 : time(state.FinishedAt) - time(state.StartedAt)
    return {
      ...about,
      container: config.Labels?.['stowage.container'] ?? '',
      exitCode: state.ExitCode,
      outOfMemory: state.OOMKilled,
      error: state.Error,
      restarts,
      ranMs: Math.max(0, ran),
      memoryMiB: Math.floor(inspected.HostConfig.Memory / (1024 * 1024)),
      health,
      healthOutput: (state.Health?.Log?.at(-1)?.Output ?? '').trim(),
      log: await host.containerLogs(id, LINES).catch(() => []),
    }
  } catch {
    return undefined
  }
}

/** One that is started again and again shows its exit code only between two runs: that moment is waited for. */
async function inspectEnded(host: DockerHost, id: string): Promise<ContainerInspect> {
  let seen = await host.inspectContainer(id)
  for (
    let tries = 0;
    seen.RestartCount > 0 && seen.State.Status === 'running' && tries < MOST_LOOKS;
    tries++
  ) {
    await sleep(LOOK_MS)
    seen = await host.inspectContainer(id)
  }
  return seen
}
