import type { Service } from '../desired-state/desired-state.generated.ts'

/** How far a service may go from its desired count while it changes. */
export interface Bounds {
  /** The healthy tasks never fall below this. */
  readonly lower: number
  /** The running tasks never exceed this. */
  readonly upper: number
}

/** ECS's rounding: lower = ⌈desired × minimum⌉, upper = ⌊desired × maximum⌋. */
export function boundsOf(service: Service, desired: number): Bounds {
  const daemon = service.schedulingStrategy === 'DAEMON'
  const { minimumHealthyPercent = daemon ? 0 : 100, maximumPercent = daemon ? 100 : 200 } =
    service.deploymentConfiguration
  return {
    lower: Math.ceil((desired * minimumHealthyPercent) / 100),
    upper: Math.floor((desired * maximumPercent) / 100),
  }
}

/**
 * So many failures end a deployment: half of the desired count, at least 3 and at most 200, where the service says
 * nothing else. Infinity where its circuit breaker is off: it is tried until the time has run out.
 */
export function failureThreshold({ deploymentConfiguration }: Service, desired: number): number {
  const { enable = true, thresholdConfiguration } = deploymentConfiguration.deploymentCircuitBreaker ?? {}
  if (!enable) return Infinity
  const { type, value } = thresholdConfiguration ?? { type: 'BOUNDED_PERCENT', value: 50 }
  if (type === 'COUNT') return value
  const share = Math.ceil((desired * value) / 100)
  return type === 'BOUNDED_PERCENT' ? Math.min(Math.max(share, 3), 200) : Math.max(share, 1)
}
