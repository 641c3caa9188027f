import type { DockerHost } from '../docker/docker-host.ts'
import { type Problem, problem, StowageError, toProblem } from '../errors.ts'
import type { Emit } from '../events.ts'
import type { Action, Plan, Step } from '../plan.ts'
import { type ActContext, act } from './act.ts'

export interface ApplyContext extends ActContext {
  readonly hosts: ReadonlyMap<string, DockerHost>
  readonly emit: Emit
  /** Once aborted no further step is begun; those in hand end. */
  readonly signal: AbortSignal
  /** Rejects where a host may not be acted on any more, because its lock was lost. Asked before every step. */
  readonly mayAct: (instance: string) => Promise<void>
}

export interface FailedStep {
  readonly step: Step
  readonly problem: Problem
}

export interface Applied {
  readonly done: number
  readonly failed: readonly FailedStep[]
  /** Steps that came after one that failed, or were not begun before the end was asked for. */
  readonly skipped: number
}

/** So many steps at once on one host; about what one Docker daemon works off side by side. */
const AT_ONCE_ON_A_HOST = 8

/** Does the steps of a plan, each as soon as those before it are done. Decides nothing. */
export async function apply(plan: Plan, context: ApplyContext): Promise<Applied> {
  const run = new Run(plan, context)
  await run.finished
  return { done: run.done, failed: run.failed, skipped: plan.steps.length - run.done - run.failed.length }
}

class Run {
  done = 0
  readonly failed: FailedStep[] = []
  readonly finished: Promise<void>
  readonly #context: ApplyContext
  readonly #dependents = new Map<number, Step[]>()
  readonly #waitsFor: number[]
  readonly #ready = new Map<string, Step[]>()
  readonly #busy = new Map<string, number>()
  #inHand = 0
  #finish: () => void = () => {}

  constructor(plan: Plan, context: ApplyContext) {
    this.#context = context
    this.#waitsFor = plan.steps.map(s => s.after.length)
    for (const step of plan.steps) {
      for (const id of step.after) {
        const list = this.#dependents.get(id)
        if (list) list.push(step)
        else this.#dependents.set(id, [step])
      }
    }
    this.finished = new Promise(resolve => {
      this.#finish = resolve
    })
    for (const step of plan.steps) if (step.after.length === 0) this.#queue(step)
    for (const instance of this.#ready.keys()) this.#begin(instance)
    if (this.#inHand === 0) this.#finish()
  }

  #queue(step: Step): void {
    const queue = this.#ready.get(step.action.instance)
    if (queue) queue.push(step)
    else this.#ready.set(step.action.instance, [step])
  }

  #begin(instance: string): void {
    const queue = this.#ready.get(instance) ?? []
    while (queue.length > 0 && (this.#busy.get(instance) ?? 0) < AT_ONCE_ON_A_HOST) {
      if (this.#context.signal.aborted) return
      const step = queue.shift()
      if (!step) return
      this.#busy.set(instance, (this.#busy.get(instance) ?? 0) + 1)
      this.#inHand++
      void this.#do(step)
    }
  }

  async #do(step: Step): Promise<void> {
    const { instance } = step.action
    const touched = new Set([instance])
    const { emit, mayAct, signal } = this.#context
    try {
      await mayAct(instance)
      // the end may have been asked for while the lock was
      if (!signal.aborted) await this.#act(step, touched)
    } catch (error) {
      const known = toProblem(error)
      const failure = problem(known.code, known.message, { ...known, instance, service: step.service })
      this.failed.push({ step, problem: failure })
      emit({ event: 'step-failed', ...eventOf(step), problem: failure })
    }
    this.#busy.set(instance, (this.#busy.get(instance) ?? 1) - 1)
    this.#inHand--
    for (const each of touched) this.#begin(each)
    if (this.#inHand === 0) this.#finish()
  }

  async #act(step: Step, touched: Set<string>): Promise<void> {
    const { instance } = step.action
    const { emit, hosts } = this.#context
    const host = hosts.get(instance)
    if (!host) throw new StowageError('HOST_UNREACHABLE', `${instance} is not connected`, { instance })
    emit({ event: 'step-started', ...eventOf(step) })
    await act(host, step.action, this.#context)
    this.done++
    emit({ event: 'step-done', ...eventOf(step) })
    for (const next of this.#dependents.get(step.id) ?? []) {
      this.#waitsFor[next.id] = (this.#waitsFor[next.id] ?? 0) - 1
      if (this.#waitsFor[next.id] !== 0) continue
      this.#queue(next)
      touched.add(next.action.instance)
    }
  }
}

function eventOf({ action, subject, cause, service }: Step) {
  const container = containerOf(action, subject)
  return {
    instance: action.instance,
    action: action.kind,
    subject,
    ...(container !== undefined && { container }),
    cause,
    ...(service && { service }),
  }
}

/** A container of ours is named by its task, its revision, and the name that it has in the task definition. */
function containerOf(action: Action, task: string): string | undefined {
  if (action.kind === 'create-container') return action.container
  if (!('container' in action)) return undefined
  const [, rest] = action.container.name.split(`.${task}.`)
  return rest?.split('.').at(-1)
}
