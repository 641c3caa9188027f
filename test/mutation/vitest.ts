// What the pure tests take from vitest, without its loading each test file again for each of thousands of mutants: the
// tests are collected once and called again and again.
import { format as title } from 'node:util'
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect'
import { format as pretty } from '@vitest/pretty-format'
import { stripSnapshotIndentation } from '@vitest/snapshot'

type Body = (...values: unknown[]) => unknown
type Declare = (name: string, body: Body) => void

export interface Case {
  name: string
  run: () => Promise<void>
}

export const cases: Case[] = []
let within: string[] = []
let before: Body[] = []

const it = withTables((name, body) => {
  const first = before
  const run = async () => {
    for (const each of first) await each()
    await body()
  }
  cases.push({ name: [...within, name].join(' > '), run })
})
export { it, it as test }

export const describe = withTables((name, body) => {
  const outer = { within, before }
  within = [...within, name]
  body()
  ;({ within, before } = outer)
})

export function beforeEach(body: Body): void {
  before = [...before, body]
}

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin)
chai.use((_, utils) => {
  utils.addMethod(chai.Assertion.prototype, 'toMatchInlineSnapshot', function (this: object, wanted: string) {
    const shown = pretty(utils.flag(this, 'object'), { escapeString: false, printBasicPrototype: false })
    chai.assert.equal(shown, stripSnapshotIndentation(wanted).trim())
  })
})
export const expect = Object.assign(
  (value: unknown, message?: string) => chai.expect(value, message),
  chai.expect,
  {
    ...(globalThis as unknown as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT],
  },
)
setState({ assertionCalls: 0 }, expect as never)

function withTables(declare: Declare) {
  const rows = (spread: boolean) => (table: readonly unknown[]) => (name: string, body: Body) => {
    for (const row of table) {
      const values = spread && Array.isArray(row) ? row : [row]
      declare(title(name, ...values), () => body(...values))
    }
  }
  return Object.assign((name: string, ...rest: unknown[]) => declare(name, bodyOf(rest)), {
    each: rows(true),
    for: rows(false),
    runIf: (holds: unknown): Declare => (holds ? declare : () => {}),
    skip: () => {},
  })
}

/** Beside it stand options, or a time, that only concern vitest. */
function bodyOf(rest: unknown[]): Body {
  return rest.find(each => typeof each === 'function') as Body
}
