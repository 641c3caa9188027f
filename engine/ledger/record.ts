import type { DesiredState } from '../desired-state/desired-state.generated.ts'

/** What was applied, and what was said of container instances. Kept on the hosts; nothing that runs depends on it. */
export interface Ledger {
  /** The oldest first. */
  readonly deployments: readonly DeploymentRecord[]
  readonly marks: Marks
}

export const EMPTY_LEDGER: Ledger = { deployments: [], marks: {} }

/** INTERRUPTED: it was ended by a person, or its run died. */
export type DeploymentState = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED' | 'INTERRUPTED'

/** One run of apply, rollback or destroy. */
export interface DeploymentRecord {
  /** The id that stands in the labels of what it created. */
  readonly id: string
  /** One more than any that was known when it began: orders deployments whatever the clocks say. */
  readonly number: number
  /** 1 when it is begun; each later writing of the same deployment has one more, and the highest holds. */
  readonly edition: number
  readonly cluster: string
  /** RFC 3339, in UTC. */
  readonly started: string
  /** RFC 3339, in UTC. Absent: it is under way, or its run died. */
  readonly ended?: string
  /** user@machine */
  readonly who: string
  /** "stowage apply" */
  readonly command: string
  /** Of the document's folder. Absent: it is in no git repository. */
  readonly commit?: Commit
  readonly state: DeploymentState
  /** The deployment that this one went back to, of `stowage rollback`. */
  readonly returnsTo?: string
  /** The digest of the saved plan that it carried out. Absent: there was none. */
  readonly plan?: string
  /** What was to be. Secrets stand in it as their sources alone. */
  readonly document: DesiredState
  /** Every service of the document. */
  readonly services: Readonly<Record<string, ServiceRecord>>
  /** Services that ran and are not in the document. */
  readonly removed: readonly string[]
  /** Why it failed, a line each. */
  readonly problems: readonly string[]
}

export interface Commit {
  readonly id: string
  /** The folder had changes that are in no commit. */
  readonly dirty: boolean
}

/** One service in one deployment. */
export interface ServiceRecord {
  readonly revision: string
  readonly state: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  /** By container name: the image pinned, repository@sha256:… or an image id. */
  readonly images: Readonly<Record<string, string>>
  /** Whether there was anything to do for it. */
  readonly changed: boolean
  /** The revision that ran before, where it was another. */
  readonly from?: string
  /** The revision that it went back to, because it or another failed. */
  readonly rolledBackTo?: string
}

/** By container instance name. */
export type Marks = Readonly<Record<string, InstanceMark>>

/** What a person, or a time-out, said of one container instance. Each writing says all that holds from then on. */
export interface InstanceMark {
  /** One more than the mark that it takes the place of; from 1. */
  readonly version: number
  /** RFC 3339, in UTC: when it was said. */
  readonly time: string
  /** user@machine */
  readonly who: string
  /** It is to be emptied, whatever the document says. */
  readonly draining?: Said
  /** It is gone for good: its tasks are to be replaced. */
  readonly lost?: Said & {
    /** Whether its tasks are replaced although their data was on it alone. */
    readonly localData: boolean
  }
  /** RFC 3339: since when it does not answer. */
  readonly silentSince?: string
}

/** A person's word. */
export interface Said {
  /** RFC 3339, in UTC. */
  readonly time: string
  /** user@machine */
  readonly who: string
}
