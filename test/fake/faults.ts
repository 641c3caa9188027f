/** What goes wrong with a request. */
export type FaultKind =
  /** It takes effect, and its connection is cut before the answer. */
  | 'reply-lost'
  /** 500 before any effect. */
  | 'error-500'
  /** 409 before any effect. */
  | 'conflict-409'
  /** A GET is answered with what the same GET was answered before, if it was. */
  | 'stale'
  /** Its connection is cut before any effect. */
  | 'cut'
  /** It takes effect, and the connection is cut in the middle of the answer, after its headers. */
  | 'reply-torn'
  /** Nothing happens and nothing is answered until the client gives up. */
  | 'silent'

/** A fault of a script. It strikes requests that match; of those, the `nth` (from 1) and, `times`, those after it. */
export interface Fault {
  kind: FaultKind
  method?: string
  /** Matched against the path without its version prefix. */
  path?: RegExp
  /** Only requests that ask for a change: whatever is no GET. Default: all. */
  changing?: boolean
  /** Default: 1. */
  nth?: number
  /** Default: 1. */
  times?: number
}

/** One request that came, in the order of their arrival. */
export interface LoggedRequest {
  method: string
  /** Without the version prefix. */
  path: string
  query: string
  /** Set once it was answered; undefined where the client got no answer. */
  status?: number
  fault?: FaultKind
}

/** The faults of one fake host, and the log of what it was asked. */
export interface Faults {
  /** Every request since the start, or since `requests.length = 0`. */
  readonly requests: LoggedRequest[]
  /** Adds a fault of a script. */
  add(fault: Fault): void
  /** From now on each request meets one of `kinds` with this probability, drawn from `seed` alone. */
  seed(seed: number, options: { probability: number; kinds: readonly FaultKind[] }): void
  /**
   * The client dies right after its k-th changing request (from 1, counted from now) took effect: neither that
   * reply nor anything later gets through, until `revive`. `onKill` is called at that moment.
   */
  kill(k: number, onKill?: () => void): void
  /** Undoes a kill; a kill that has not happened yet is called off. */
  revive(): void
  /** No more faults of any kind. */
  clear(): void
}

/** What the host asks of its faults. */
export interface FaultState extends Faults {
  /** Logs the request and draws its fault. */
  begin(request: { method: string; path: string; query: string }): LoggedRequest
  /** A changing request has taken effect; true where the client is dead now. */
  effect(): boolean
  isDead(): boolean
}

export function createFaults(): FaultState {
  const requests: LoggedRequest[] = []
  let script: (Fault & { seen: number })[] = []
  let random: { draw: () => number; probability: number; kinds: readonly FaultKind[] } | undefined
  let killAfter: number | undefined
  let onKill: (() => void) | undefined
  let dead = false

  return {
    requests,
    add: fault => script.push({ ...fault, seen: 0 }),
    seed: (seed, { probability, kinds }) => {
      random = { draw: mulberry32(seed), probability, kinds }
    },
    kill: (k, callback) => {
      killAfter = k
      onKill = callback
    },
    revive: () => {
      killAfter = undefined
      dead = false
    },
    clear: () => {
      script = []
      random = undefined
      killAfter = undefined
      dead = false
    },
    begin: request => {
      const logged: LoggedRequest = { ...request }
      logged.fault = scripted(script, request) ?? drawn(random)
      requests.push(logged)
      return logged
    },
    effect: () => {
      if (killAfter === undefined || --killAfter > 0) return false
      killAfter = undefined
      dead = true
      onKill?.()
      return true
    },
    isDead: () => dead,
  }
}

/** Every matching fault counts the request; the first that is due strikes. */
function scripted(
  script: (Fault & { seen: number })[],
  request: { method: string; path: string },
): FaultKind | undefined {
  let kind: FaultKind | undefined
  for (const fault of script) {
    if (fault.method !== undefined && fault.method !== request.method) continue
    if (fault.path !== undefined && !fault.path.test(request.path)) continue
    if (fault.changing && request.method === 'GET') continue
    fault.seen += 1
    const first = fault.nth ?? 1
    if (fault.seen >= first && fault.seen < first + (fault.times ?? 1)) kind ??= fault.kind
  }
  return kind
}

function drawn(
  random: { draw: () => number; probability: number; kinds: readonly FaultKind[] } | undefined,
): FaultKind | undefined {
  if (random === undefined || random.draw() >= random.probability) return undefined
  return random.kinds[Math.floor(random.draw() * random.kinds.length)]
}

/** A small generator of numbers in [0, 1), by its seed alone. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
