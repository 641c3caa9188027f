import type { DesiredState } from '../../engine/desired-state/desired-state.generated.ts'
import { FakeCluster } from './cluster.ts'
import type { Picture } from './picture.ts'
import { stateOf } from './state.ts'

/** The change of the sweeps: a rolling deployment with volumes, a DAEMON's, a scale-in and a service that goes. */
export function rolloutDocument(cluster: FakeCluster, version: 1 | 2): DesiredState {
  const app = (image: string, more: object = {}) => ({
    containerDefinitions: [{ name: 'app', image, memory: 64, stopTimeout: 0, ...more }],
  })
  const percent = (minimumHealthyPercent: number, more: object = {}) => ({
    deploymentConfiguration: { minimumHealthyPercent, steadyAfterSeconds: 1, ...more },
  })
  const mountPoints = [
    { sourceVolume: 'scratch', containerPath: '/scratch' },
    { sourceVolume: 'data', containerPath: '/data' },
  ]
  return cluster.document({
    taskDefinitions: {
      web: {
        ...app(`app:${version}`, {
          mountPoints,
          healthCheck: { command: ['CMD', 'check'], interval: 5, retries: 1 },
        }),
        volumes: [
          { name: 'scratch' },
          { name: 'data', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } },
        ],
      },
      agent: app('app:1', { environment: [{ name: 'VERSION', value: String(version) }] }),
      api: app('app:1'),
      ...(version === 1 && { old: app('app:1') }),
    },
    services: {
      web: { taskDefinition: 'web', desiredCount: 3, ...percent(67, { maximumPercent: 134 }) },
      agent: { taskDefinition: 'agent', schedulingStrategy: 'DAEMON', ...percent(50) },
      api: { taskDefinition: 'api', desiredCount: version === 1 ? 3 : 2, ...percent(100) },
      ...(version === 1 && { old: { taskDefinition: 'old', desiredCount: 1, ...percent(0) } }),
    },
  })
}

/** The hosts before the change, and what is to be on them after it. */
export interface Rollout {
  readonly from: readonly Picture[]
  readonly end: readonly string[]
}

/** Makes the change once with nothing in its way. */
export async function cleanRollout(): Promise<Rollout> {
  const cluster = await FakeCluster.start()
  await cluster.applyWell(rolloutDocument(cluster, 1))
  const from = cluster.picture()
  await cluster.applyWell(rolloutDocument(cluster, 2))
  const end = stateOf(cluster)
  await cluster.close()
  return { from, end }
}
