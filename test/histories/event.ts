import type { ServiceShape, TaskShape } from '../properties/documents.ts'

/** What happens to a cluster. Numbers choose: which instance, service or container, modulo how many there are. */
export type Event =
  /** The document has the service so now; without `to` it has it no more. Who changes it starts apply anew. */
  | { readonly do: 'change'; readonly service: number; readonly to?: ServiceShape }
  | { readonly do: 'scale'; readonly service: number; readonly count: number }
  | { readonly do: 'revise'; readonly service: number; readonly version: number }
  /** The document has a task that runs once so now; without `to` it has it no more. */
  | { readonly do: 'run'; readonly task: number; readonly to?: TaskShape }
  /** It is asked for once more. */
  | { readonly do: 'run again'; readonly task: number }
  /** The document says it, or a person does beside it. */
  | { readonly do: 'drain' | 'activate'; readonly instance: number; readonly byHand?: boolean }
  /** The host is cut off, its containers run on; or it is down, and they do not. */
  | { readonly do: 'cut' | 'down'; readonly instance: number }
  /** A person says that a silent host is gone for good; with `data`, that its data is lost as well. */
  | { readonly do: 'lost'; readonly instance: number; readonly data: boolean }
  /** A person takes that back. */
  | { readonly do: 'found'; readonly instance: number }
  /** It answers again; what Docker restarts at a boot runs again. */
  | { readonly do: 'return'; readonly instance: number }
  | { readonly do: 'hurt'; readonly container: number; readonly how: Hurt }
  | { readonly do: 'rotate' }
  /** Somebody else's container comes, and takes a host port or the name that the next task would have. */
  | { readonly do: 'foreign'; readonly instance: number; readonly takes: '8080' | '8081' | 'name' }
  | { readonly do: 'foreign goes' }
  /** So much time passes that what starts is in service; `late` ones of the containers excepted. */
  | { readonly do: 'time'; readonly late: readonly number[] }
  | Wave
  /** The engine is killed between two waves. */
  | { readonly do: 'kill' }
  /** Waves and time, until the run has ended. */
  | { readonly do: 'apply' }

/** One look and one wave of the run under way, or of a new one. Steps count in the order in which they are done. */
export interface Wave {
  readonly do: 'wave'
  /** Which of the steps that are ready is next. */
  readonly order: readonly number[]
  /** The engine is killed after so many steps. */
  readonly dies?: number
  /** Steps that have no effect. */
  readonly lost?: readonly number[]
  /** Steps that have their effect, of which the engine does not hear. */
  readonly unanswered?: readonly number[]
  /** The instance that shows how it was before the last wave. */
  readonly stale?: number
}

export type Hurt =
  | 'dies'
  | 'stopped'
  | 'paused'
  | 'removed'
  | 'unhealthy'
  | 'renamed'
  | 'changed'
  | 'squeezed'
