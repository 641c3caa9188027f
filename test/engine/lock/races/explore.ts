import { type Choose, type Ended, type Fault, race, type Setting, type Turn } from './race.ts'

export interface Options {
  readonly setting: Setting
  readonly fault?: Fault
  /** So often a turn may be taken from an engine that has something to do. Default: always. */
  readonly mostSwitches?: number
  /** What one engine asks for side by side goes out in that order. Default: in any. */
  readonly inOrder?: boolean
  /** The search ends after so many races. */
  readonly mostRaces: number
}

export interface Explored {
  /** Races that were gone through to their end. */
  readonly races: number
  /** There are no others. */
  readonly isWhole: boolean
  /** The fault came up. */
  readonly struck: boolean
  /** What does not hold, with all turns of that race. */
  readonly broken?: string
}

/** A moment at which somebody's turn was chosen. */
interface Fork {
  readonly turns: readonly Turn[]
  /** Turns that need not be tried (any more): what they lead to was seen. */
  readonly asleep: readonly Turn[]
  readonly chosen: Turn
  /** Whose turn it was before. */
  readonly last?: number
  /** How often a turn had been taken from somebody by then. */
  readonly switches: number
}

/**
 * Goes through the races of two engines depth first, each from its beginning: at each moment each call that waits is
 * once the next. Two calls of different engines to different hosts, or that both only read, come to the same in
 * either order: without a bound on switches one of the orders is left out (sleep sets).
 */
export async function explore(options: Options): Promise<Explored> {
  const { setting, fault, mostRaces } = options
  const forks: Fork[] = []
  let races = 0
  let struck = false
  do {
    const ended = await race(setting, fault, chooser(forks, options))
    if (!ended) continue
    races++
    struck ||= ended.struck
    if (ended.broken.length > 0) return { races, isWhole: false, struck, broken: inWords(ended, options) }
  } while (goOn(forks, options) && races < mostRaces)
  return { races, isWhole: forks.length === 0, struck }
}

/** Takes the turns that the forks say, and makes a fork of each beyond them. */
function chooser(forks: Fork[], options: Options): Choose {
  let at = 0
  return waiting => {
    const isFirst = (t: Turn, place: number) => waiting.findIndex(w => w.engine === t.engine) === place
    const turns = options.inOrder ? waiting.filter(isFirst) : waiting
    const known = forks[at++]
    if (known) {
      const isSame = labels(known.turns) === labels(turns)
      if (!isSame)
        throw new Error(`the same turns led elsewhere:\n${labels(known.turns)}\n\n${labels(turns)}`)
      return known.chosen
    }
    const before = forks.at(-1)
    const fork = {
      turns,
      asleep: before && options.mostSwitches === undefined ? stillAsleep(before) : [],
      switches: before ? before.switches + (isSwitch(before, before.chosen) ? 1 : 0) : 0,
      ...(before && { last: before.chosen.engine }),
    }
    const chosen = firstChoice(fork, options)
    if (chosen) forks.push({ ...fork, chosen })
    return chosen
  }
}

/** Turns to the last moment at which something else can be tried; false where there is none. */
function goOn(forks: Fork[], options: Options): boolean {
  for (let fork = forks.pop(); fork; fork = forks.pop()) {
    const rest = { ...fork, asleep: [...fork.asleep, fork.chosen] }
    const chosen = firstChoice(rest, options)
    if (!chosen) continue
    forks.push({ ...rest, chosen })
    return true
  }
  return false
}

/** Whoever was on goes on first. */
function firstChoice(fork: Omit<Fork, 'chosen'>, { mostSwitches = Infinity }: Options): Turn | undefined {
  const choices = fork.turns.filter(t => !fork.asleep.some(s => isThe(s, t)))
  const staying = choices.find(t => !isSwitch(fork, t))
  return staying ?? (fork.switches < mostSwitches ? choices[0] : undefined)
}

function isSwitch({ turns, last }: Omit<Fork, 'chosen'>, { engine }: Turn): boolean {
  return last !== undefined && engine !== last && turns.some(t => t.engine === last)
}

function stillAsleep({ asleep, chosen }: Fork): Turn[] {
  return asleep.filter(
    t =>
      t.engine !== chosen.engine &&
      (t.host !== chosen.host || (t.method === 'GET' && chosen.method === 'GET')),
  )
}

function isThe(one: Turn, other: Turn): boolean {
  return one.engine === other.engine && one.nth === other.nth
}

function labels(turns: readonly Turn[]): string {
  return turns.map(t => `${t.label} ${t.nth}`).join('\n')
}

function inWords({ broken, turns }: Ended, { setting, fault }: Options): string {
  return [...broken, JSON.stringify({ setting, fault }), ...turns].join('\n')
}
