import { readFileSync } from 'node:fs'
import type { Construct } from 'constructs'
import { type Expression, type Recipe, SCOPE } from '../engine/import/recipe.ts'
import { ContainerImage } from './container-image.ts'
import { Duration } from './duration.ts'
import { LinuxParameters } from './linux-parameters.ts'
import { GenericLogDriver, LogDrivers } from './log-driver.ts'
import { PlacementConstraint, PlacementStrategy } from './placement.ts'
import { EnvironmentFile, Secret } from './secret.ts'
import { Size } from './size.ts'
import { SynthError } from './synth-error.ts'

/** How strictly JSON of ECS's is taken. */
export interface ImportProps {
  /**
   * Whether nulls, empty texts, numbers as texts, words in other capitals, and what describe-task-definition shows
   * besides are taken for what is meant by them. @default false: each is an error
   */
  readonly lenient?: boolean
  /** Fields that do nothing here and may be left out, as docs/ecs-compatibility.md calls them. @default none: each is an error */
  readonly ignoreUnsupported?: readonly string[]
}

type Class = new (...args: never[]) => object

/** What recipes call, by the names that it has in a person's program. */
const CLASSES = {
  ContainerImage,
  Duration,
  EnvironmentFile,
  GenericLogDriver,
  LinuxParameters,
  LogDrivers,
  PlacementConstraint,
  PlacementStrategy,
  Secret,
  Size,
} as const satisfies Record<string, object>

export interface Ingredients {
  /** The class that calls this. */
  readonly classes: Readonly<Record<string, object>>
  /** What the steps use and do not make themselves, by the name that they have for it. */
  readonly given?: Readonly<Record<string, unknown>>
}

/** Carries a recipe out below `scope`; gives what its first step made. */
export function carryOut(recipe: Recipe, scope: Construct, own: Ingredients): unknown {
  const classes = { ...CLASSES, ...own.classes }
  const results = new Map<string, unknown>(Object.entries({ ...own.given, [SCOPE]: scope }))
  const made = recipe.steps.map(({ as, call }) => {
    const value = evaluate(call, results, classes)
    if (as !== undefined) results.set(as, value)
    return value
  })
  return made[0]
}

/** The text of a file of JSON. @throws SynthError that names it */
export function readJson(scope: Construct, id: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SynthError([{ path: below(scope, id), message: `${path} cannot be read: ${why}` }])
  }
}

/** @throws SynthError with all that is wrong with what was given, where there is something */
export function refuseProblems(
  scope: Construct,
  id: string,
  problems: readonly { readonly pointer: string; readonly message: string }[],
): void {
  if (problems.length === 0) return
  throw new SynthError(
    problems.map(({ pointer, message }) => ({
      path: below(scope, id),
      message: pointer === '' ? message : `${pointer}: ${message}`,
    })),
  )
}

function below(scope: Construct, id: string): string {
  return [scope.node.path, id].filter(part => part !== '').join('/')
}

function evaluate(
  value: Expression,
  results: ReadonlyMap<string, unknown>,
  classes: Readonly<Record<string, object>>,
): unknown {
  if (typeof value !== 'object') return value
  const inner = (part: Expression) => evaluate(part, results, classes)
  if (isList(value)) return value.map(inner)
  switch (value.kind) {
    case 'props':
      return Object.fromEntries(value.members.map(([key, member]) => [key, inner(member)]))
    case 'constant':
      return value.value
    case 'nothing':
      return undefined
    case 'result':
      return results.get(value.of)
    case 'call': {
      const args = value.args.map(inner)
      // recipes are made for these very signatures, and the tests carry out every one
      if (value.on !== undefined) return callMethod(results.get(value.on), value.callee, args)
      const [name = '', method] = value.callee.replace('new ', '').split('.')
      const named = classes[name]
      return method === undefined ? Reflect.construct(named as Class, args) : callMethod(named, method, args)
    }
  }
}

function callMethod(on: unknown, method: string, args: readonly unknown[]): unknown {
  const found = Reflect.get(on as object, method) as (...args: unknown[]) => unknown
  return Reflect.apply(found, on, args)
}

function isList(value: Expression): value is readonly Expression[] {
  return Array.isArray(value)
}
