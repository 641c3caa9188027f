import type { Report } from '../../engine/events.ts'
import { lostText, saidText, type Standing } from '../../engine/instance-standing.ts'
import type { ObservedInstance } from '../../engine/observed-state.ts'
import type { Style } from './style.ts'
import { listed, printable, some } from './text.ts'

/** How a container instance stands where that is not ACTIVE, and who says so. */
export function standingText({ status, drainedBy, drainedByDocument, lost }: Standing): string | undefined {
  const by = [
    ...(drainedByDocument ? ['the document'] : []),
    ...(drainedBy ? [`stowage drain (${printable(saidText(drainedBy))})`] : []),
  ]
  const parts = [
    ...(status === 'DRAINING' ? [`DRAINING, says ${listed(by)}`] : []),
    ...(lost ? [printable(lostText(lost))] : []),
  ]
  return parts.length === 0 ? undefined : parts.join('; ')
}

/** Whether the machine may be switched off after a drain. `before`: what was on it then. */
export function emptiedLines(
  instance: string,
  { outcome }: Report,
  before: ObservedInstance | undefined,
  style: Style,
): string[] {
  if (before?.reachable === false)
    return [
      `${style.warn('!')} ${instance} does not answer: what runs there is not known`,
      `  next: where it is gone for good, stowage instance lost ${instance} has its tasks replaced`,
    ]
  if (outcome !== 'steady')
    return [
      `${instance} is not known to be empty`,
      '  next: stowage apply goes on, and stowage ps shows what is there',
    ]
  const others = before?.reachable ? before.foreign.map(c => printable(c.name)) : []
  return [
    `${style.good('✓')} ${instance} is empty: it may be switched off`,
    ...(others.length > 0 ? [`  not this cluster's, and still there: ${some(others, 6)}`] : []),
    `  next: stowage activate ${instance} takes it back into use`,
  ]
}

/** What it means to say that an instance is gone, before somebody does. */
export function lostLines(
  instance: string,
  local: Readonly<Record<string, readonly string[]>>,
  localData: boolean,
  style: Style,
): string[] {
  const services = Object.entries(local).map(
    ([service, volumes]) => `${service} (volume ${volumes.join(', ')})`,
  )
  const data =
    services.length === 0
      ? []
      : localData
        ? [`Services whose data may be on it alone start anew without that: ${listed(services)}.`]
        : [
            `Services whose data may be on it alone are not started again: ${listed(services)}.`,
            '--local-data says that they are to start anew without it.',
          ]
  return [
    `${style.title(instance)} does not answer. Once it is marked as lost, the next apply starts its tasks elsewhere.`,
    'Where it runs on, cut off but not gone, they run twice until it answers again; the next apply then removes those on it.',
    ...data,
  ]
}
