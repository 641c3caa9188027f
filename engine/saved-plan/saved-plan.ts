import { createHash } from 'node:crypto'
import { canonicalJson } from '../desired-state/canonical.ts'
import type { DesiredState } from '../desired-state/desired-state.generated.ts'
import { parseDesiredState } from '../desired-state/parse.ts'
import { type Problem, problem, StowageError } from '../errors.ts'
import type { PinnedImages } from '../image.ts'
import type { Ledger } from '../ledger/record.ts'
import type { ObservedState } from '../observed-state.ts'
import { printPlan } from '../print-plan.ts'
import type { Forecast } from '../simulate.ts'
import { type Facts, factChanges, factsOf } from './facts.ts'

/** A plan as it lies in a file, to be applied as it was reviewed. Secrets stand in it as their sources alone. */
export interface SavedPlan {
  /** RFC 3339, in UTC. */
  readonly made: string
  /** user@machine */
  readonly by: string
  /** The document's folder, which its sources of secrets are relative to; relative to the plan's own folder. */
  readonly folder: string
  readonly document: DesiredState
  readonly images: PinnedImages
  /** What the plan rests on, of each container instance that it touches. */
  readonly instances: Readonly<Record<string, Facts>>
  /** Every step of every wave, a line each. */
  readonly waves: readonly (readonly string[])[]
}

/** One that was read from its file; the digest tells it from every other. */
export interface ReadPlan extends SavedPlan {
  readonly digest: string
}

/** What was planned, as far as it is saved. */
export interface Planned {
  readonly desired: DesiredState
  readonly observed: ObservedState
  readonly images: PinnedImages
  readonly forecast: Forecast
}

const VERSION = 1
/** So many lines of what is another are told. */
const MOST_TOLD = 10

export function savePlan(change: Planned, about: Pick<SavedPlan, 'made' | 'by' | 'folder'>): SavedPlan {
  return {
    ...about,
    document: change.desired,
    images: change.images,
    instances: touchedFacts(change),
    waves: wavesOf(change.forecast),
  }
}

/** The text of the file: JSON, with a digest over all of the rest. */
export function printSavedPlan(plan: SavedPlan): string {
  const content = { stowagePlan: VERSION, ...plan }
  return `${JSON.stringify({ ...content, digest: digestOf(content) }, null, 2)}\n`
}

/** Reads printSavedPlan back. @throws PLAN_INVALID */
export function parseSavedPlan(text: string): ReadPlan {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new StowageError('PLAN_INVALID', 'it is no JSON', { cause })
  }
  if (!isObject(value) || value['stowagePlan'] === undefined)
    throw new StowageError('PLAN_INVALID', 'it is no saved plan')
  const { digest, ...content } = value
  const { stowagePlan: version, ...plan } = content
  if (version !== VERSION) {
    const message = `its format is ${JSON.stringify(version)}, and this stowage reads ${VERSION}`
    throw new StowageError('PLAN_INVALID', message)
  }
  if (digest !== digestOf(content))
    throw new StowageError('PLAN_INVALID', 'it was changed since it was saved: its digest does not fit')
  const parsed = parseDesiredState(plan['document'])
  if (!parsed.ok) {
    const [first] = parsed.problems
    throw new StowageError('PLAN_INVALID', `its document is not valid: ${first?.pointer} ${first?.message}`)
  }
  // what the digest fits was written by printSavedPlan
  return { ...(plan as unknown as SavedPlan), document: parsed.state, digest }
}

/**
 * That it was carried out already, by which deployment and when. Undefined where that did not COMPLETE, or another came
 * after it: then what is another now is what tells why the plan does not fit.
 */
export function appliedAlready({ digest }: ReadPlan, { deployments }: Ledger): Problem | undefined {
  const last = deployments.at(-1)
  if (last?.plan !== digest || last.state !== 'COMPLETED') return undefined
  const { id, started, who, state } = last
  const message = `this plan was applied already: deployment ${id}, ${started}, by ${who}, is ${state}; nothing was changed`
  const next = `stowage history ${id} shows it; for another deployment make a plan anew with stowage diff --save FILE.`
  return problem('PLAN_APPLIED', message, { next })
}

/** Why what was reviewed is not what would be done now; none where it is. */
export function staleness(saved: SavedPlan, change: Planned): Problem[] {
  const changed = Object.entries(saved.instances).flatMap(([name, facts]) => {
    const instance = change.observed.instances[name]
    if (!instance?.reachable)
      return [problem('PLAN_STALE', `${name} does not answer, and the plan touches it`, { instance: name })]
    const lines = factChanges(facts, factsOf(instance, change.desired, change.images))
    return lines.length === 0 ? [] : [problem('PLAN_STALE', told(name, lines), { instance: name })]
  })
  if (changed.length > 0) return changed
  const [before, now] = [saved.waves, wavesOf(change.forecast)].map(waves => new Set(waves.flat()))
  const lines = [
    ...[...(now ?? [])].filter(line => !before?.has(line)).map(line => `would be done too: ${line}`),
    ...[...(before ?? [])].filter(line => !now?.has(line)).map(line => `would not be done: ${line}`),
  ]
  if (lines.length === 0) return []
  return [
    problem('PLAN_STALE', told('what the plan does not touch has changed, and with it the plan', lines)),
  ]
}

function told(what: string, lines: readonly string[]): string {
  const more = lines.length > MOST_TOLD ? [`… and ${lines.length - MOST_TOLD} more`] : []
  return [`${what}:`, ...lines.slice(0, MOST_TOLD), ...more].join('\n')
}

function touchedFacts({ desired, observed, images, forecast }: Planned): SavedPlan['instances'] {
  const touched = new Set(forecast.waves.flatMap(w => w.plan.steps.map(s => s.action.instance)))
  return Object.fromEntries(
    [...touched].sort().flatMap(name => {
      const instance = observed.instances[name]
      return instance?.reachable ? [[name, factsOf(instance, desired, images)]] : []
    }),
  )
}

/** Without the numbers of the steps, and without those of Docker. */
function wavesOf({ waves }: Forecast): string[][] {
  return waves.filter(w => w.plan.steps.length > 0).map(w => printPlan(w.plan))
}

function digestOf(content: object): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
