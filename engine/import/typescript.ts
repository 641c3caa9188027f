import type { Call, Expression, Recipe, Step } from './recipe.ts'
import { SCOPE } from './recipe.ts'

/** One task definition to write down. */
export interface Written {
  readonly family: string
  readonly recipe: Recipe
  /** Lines for the comment above it. */
  readonly remarks: readonly string[]
}

const WIDTH = 100

/** A module with one function for each task definition, which makes it in a cluster. */
export function writeTypeScript(all: readonly Written[], from: string): string {
  const names = new Set<string>()
  const functions = all.map(written => functionText(written, names))
  const used = new Set([
    'Cluster',
    'TaskDefinition',
    ...all.flatMap(w => w.recipe.steps).flatMap(importsOfStep),
  ])
  const imports = [...used].sort().map(name => (name === 'Cluster' ? 'type Cluster' : name))
  return [
    `// Written by stowage import task-definition ${comment(from)}; change it as you like.`,
    `import {\n${imports.map(name => `  ${name},\n`).join('')}} from 'stowage'`,
    ...functions,
  ].join('\n\n')
}

function functionText({ family, recipe, remarks }: Written, names: Set<string>): string {
  const name = unique(identifier(`${family}-task-definition`), names)
  const variables = new Map([[SCOPE, SCOPE]])
  const taken = new Set([SCOPE, name, ...importsOf(recipe)])
  const lines = recipe.steps.map(step => `  ${statement(step, variables, taken)}`)
  const [first] = recipe.steps
  return [
    ...remarks.map(remark => `// ${comment(remark)}`),
    `export function ${name}(${SCOPE}: Cluster): TaskDefinition {`,
    ...lines,
    `  return ${variables.get(first?.as ?? '') ?? SCOPE}`,
    '}',
    '',
  ].join('\n')
}

function statement({ as, call }: Step, variables: Map<string, string>, taken: Set<string>): string {
  if (as === undefined) return expression(call, variables, '  ', 0)
  const variable = unique(identifier(as), taken)
  variables.set(as, variable)
  const begin = `const ${variable} = `
  return begin + expression(call, variables, '  ', begin.length)
}

/** As few lines as are bearable; `indent` is that of the line on which it begins, after `before` characters. */
function expression(
  value: Expression,
  variables: ReadonlyMap<string, string>,
  indent: string,
  before: number,
): string {
  const flat = print(value, variables, undefined)
  return indent.length + before + flat.length <= WIDTH ? flat : print(value, variables, indent)
}

/** Without an indent all on one line. */
function print(
  value: Expression,
  variables: ReadonlyMap<string, string>,
  indent: string | undefined,
): string {
  const inner = (part: Expression, before = 0) =>
    indent === undefined
      ? print(part, variables, undefined)
      : expression(part, variables, `${indent}  `, before)
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (isList(value))
    return bracketed(
      '[',
      value.map(part => inner(part)),
      ']',
      indent,
    )
  switch (value.kind) {
    case 'props': {
      const members = value.members.map(([key, member]) => {
        const name = `${keyText(key)}: `
        return name + inner(member, name.length)
      })
      return bracketed('{ ', members, ' }', indent)
    }
    case 'constant':
      return value.name
    case 'nothing':
      return 'undefined'
    case 'result':
      return variables.get(value.of) ?? value.of
    case 'call':
      return callText(value, variables, indent)
  }
}

/** The last argument goes on from the line of the call, as people write it. */
function callText(
  { callee, on, args }: Call,
  variables: ReadonlyMap<string, string>,
  indent: string | undefined,
): string {
  const name = on === undefined ? callee : `${variables.get(on) ?? on}.${callee}`
  const printed = args.map((arg, i) =>
    indent === undefined || (i < args.length - 1 && !isProps(arg))
      ? print(arg, variables, undefined)
      : // what came before is on the same line
        expression(arg, variables, indent, i < args.length - 1 ? 0 : WIDTH),
  )
  return `${name}(${printed.join(', ')})`
}

function bracketed(
  open: string,
  parts: readonly string[],
  close: string,
  indent: string | undefined,
): string {
  if (parts.length === 0) return (open + close).replaceAll(' ', '')
  if (indent === undefined) return `${open}${parts.join(', ')}${close}`
  return `${open.trim()}\n${parts.map(part => `${indent}  ${part},\n`).join('')}${indent}${close.trim()}`
}

/** A text in quotes, of which nothing in it can be the end: single ones, unless it has such itself. */
function quoted(text: string): string {
  const json = JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  if (text.includes("'") && !text.includes('"')) return json
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

function keyText(key: string): string {
  // as a plain key it would be the object's prototype
  if (key === '__proto__') return "['__proto__']"
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key)
}

/** Names that a variable may not have, in a module. */
const RESERVED = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield'.split(
    ' ',
  ),
)

/** "container my-app" and "my_app" as myApp. */
function identifier(text: string): string {
  const words = text.replace(/^container /, '').split(/[^A-Za-z0-9]+/)
  const [first = '', ...rest] = words.filter(word => word !== '')
  const head = /^[A-Z0-9]+$/.test(first)
    ? first.toLowerCase()
    : first.slice(0, 1).toLowerCase() + first.slice(1)
  const camel = head + rest.map(word => word.slice(0, 1).toUpperCase() + word.slice(1)).join('')
  const name = /^[A-Za-z]/.test(camel) ? camel : `c${camel}`
  return RESERVED.has(name) ? `${name}Container` : name
}

function unique(name: string, taken: Set<string>): string {
  let free = name
  for (let i = 2; taken.has(free); i++) free = `${name}${i}`
  taken.add(free)
  return free
}

/** A line of a comment: nothing in it ends it. */
function comment(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, ' ')
}

function importsOf({ steps }: Recipe): string[] {
  return steps.flatMap(importsOfStep)
}

function importsOfStep({ call }: Step): string[] {
  return importsOfExpression(call)
}

function importsOfExpression(value: Expression): string[] {
  if (typeof value !== 'object') return []
  if (isList(value)) return value.flatMap(importsOfExpression)
  switch (value.kind) {
    case 'props':
      return value.members.flatMap(([, member]) => importsOfExpression(member))
    case 'constant':
      return [value.name.split('.')[0] ?? '']
    case 'call': {
      const own = value.on === undefined ? [value.callee.replace(/^new /, '').split('.')[0] ?? ''] : []
      return [...own, ...value.args.flatMap(importsOfExpression)]
    }
    case 'result':
    case 'nothing':
      return []
  }
}

function isProps(value: Expression): boolean {
  return typeof value === 'object' && !isList(value) && value.kind === 'props'
}

function isList(value: Expression): value is readonly Expression[] {
  return Array.isArray(value)
}
