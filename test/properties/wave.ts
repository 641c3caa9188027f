import type { ObservedState } from '../../engine/observed-state.ts'
import type { Plan, Step } from '../../engine/plan.ts'
import { simulate } from '../../engine/simulate.ts'

/** The steps of a plan in another order that `after` allows; `choices` says which of the ready ones is next. */
export function inSomeOrder({ steps }: Plan, choices: readonly number[]): Step[] {
  const done = new Set<number>()
  const ordered: Step[] = []
  let waiting = [...steps]
  while (waiting.length > 0) {
    const ready = waiting.filter(s => s.after.every(id => done.has(id)))
    const choice = choices.length === 0 ? 0 : (choices[ordered.length % choices.length] ?? 0)
    const next = ready[(choice + ordered.length) % ready.length]
    if (!next) throw new Error('steps wait for one another')
    done.add(next.id)
    ordered.push(next)
    waiting = waiting.filter(s => s !== next)
  }
  return ordered
}

/** Every state on the way through these steps, with the step that leads there. */
export function* statesOf(
  world: ObservedState,
  steps: readonly Step[],
): Generator<{ step: Step; before: ObservedState; after: ObservedState }> {
  let before = world
  for (const step of steps) {
    const after = simulate(before, { steps: [step] })
    yield { step, before, after }
    before = after
  }
}
