import { labGround } from './lab-ground.ts'
import { localGround } from './local-ground.ts'
import { simulatedGround } from './simulated-ground.ts'

/** What the demo runs on, in the order in which they are tried. */
export const KINDS = ['lab', 'local', 'simulated'] as const
export type Kind = (typeof KINDS)[number]

/** One Docker host. */
export interface GroundHost {
  readonly name: string
  /** As a container instance has it. */
  readonly address: string
  /** Where its published ports answer. */
  readonly ip: string
  /** Its Docker's own socket, by which the demo checks what Stowage says. */
  readonly socket: string
}

/** What is to be known of hosts that stay up. */
export interface Keeping {
  /** They go on when the process has ended. */
  readonly outlives: boolean
  /** What a person types to end them. */
  readonly end: readonly string[]
}

/** What the example deploys. */
export interface Images {
  readonly web: string
  /** Tags of the web image: the one before, and the one after. */
  readonly versions: readonly [string, string]
  /** Default: the example's own. */
  readonly agent?: string
}

/** The hosts of a demo, ready to be deployed on. */
export interface Ground {
  readonly kind: Kind
  readonly hosts: readonly GroundHost[]
  readonly images: Images
  /** What stowage.config.json needs so that SSH gets in. */
  readonly config: Readonly<Record<string, unknown>>
  /** Further variables that the commands need. Default: none. */
  readonly env?: Readonly<Record<string, string>>
  /** One sentence a line, for a person. */
  readonly about: readonly string[]
  /** Hosts that others use too: only what Stowage labelled is looked at, and it has to be removed by hand. */
  readonly shared: boolean
  /** Unique for a lab, by which a kept one is found again. */
  readonly mark?: string
  /** Leaves the hosts up when the process ends. Where that cannot be, they last as long as the process. */
  keep(): Keeping
  /** What a person types to remove a container behind Stowage's back. */
  removeByHand(host: GroundHost, container: string): string
  /** More that can be tried where the hosts are kept, each a command and what it does. */
  readonly more: readonly (readonly [command: string, what: string])[]
  /** Ends the hosts; resolves to what shows that nothing is left of them. */
  close(): Promise<readonly string[]>
}

export interface GroundOptions {
  /** Default: the first that this machine can have. */
  readonly on?: Kind
  /** Images of a person's own, on the local Docker. */
  readonly images?: Images
  readonly say: (line: string) => void
}

/** Hosts, or one sentence on why there are none. */
export type Attempt =
  | { readonly ok: true; readonly ground: Ground }
  | { readonly ok: false; readonly reason: string }

const START: Readonly<Record<Kind, (options: GroundOptions) => Promise<Attempt>>> = {
  lab: labGround,
  local: localGround,
  simulated: simulatedGround,
}

/** The first of the kinds that this machine can have, and why it is none before it. Throws where the forced one cannot be had. */
export async function chooseGround(
  options: GroundOptions,
): Promise<{ readonly ground: Ground; readonly passedOver: readonly string[] }> {
  const passedOver: string[] = []
  for (const kind of options.on === undefined ? KINDS : [options.on]) {
    const attempt = await START[kind](options)
    if (attempt.ok) return { ground: attempt.ground, passedOver }
    passedOver.push(`not ${DESCRIPTION[kind]}: ${attempt.reason}`)
  }
  throw new Error(passedOver.join('\n'))
}

const DESCRIPTION: Readonly<Record<Kind, string>> = {
  lab: 'on Docker hosts of its own',
  local: "on this machine's own Docker",
  simulated: 'on simulated hosts',
}
