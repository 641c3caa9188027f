import * as fc from 'fast-check'
import type { ComparisonOperator, Expression, Subject } from '../../../engine/query/expression.ts'

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('and', "it's", "''", '\\d', '[a]', ''),
)

const attribute: fc.Arbitrary<Subject> = fc
  .stringMatching(/^[A-Za-z0-9_./-]{1,12}$/)
  .map(name => ({ kind: 'attribute', name }) as const)

const textual: fc.Arbitrary<Subject> = fc.oneof(
  attribute,
  fc.constantFrom<Subject>({ kind: 'agentVersion' }, { kind: 'ec2InstanceId' }),
)

const order = fc.constantFrom<ComparisonOperator>('==', '!=', '>', '>=', '<', '<=')
const pattern = fc.constantFrom('t2.*', '(a|b)+', "it's?", '[a-c]{2,3}', '')
const number = fc.nat().map(String)
const date = fc.constantFrom(
  '2018-06-18',
  '2018-06-18T22:28:28',
  '2018-06-18T22:28:28Z',
  '2018-06-18T22:28:28+00:00',
)

const term: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({ kind: fc.constant('comparison'), subject: textual, operator: order, value: anyText }),
  fc.record({
    kind: fc.constant('comparison'),
    subject: fc.oneof(textual, fc.constant<Subject>({ kind: 'task:group' })),
    operator: fc.constantFrom('=~', '!~'),
    value: pattern,
  }),
  fc.record({
    kind: fc.constant('comparison'),
    subject: fc.constant<Subject>({ kind: 'task:group' }),
    operator: fc.constantFrom('==', '!='),
    value: anyText,
  }),
  fc.record({
    kind: fc.constant('comparison'),
    subject: fc.constant<Subject>({ kind: 'runningTasksCount' }),
    operator: order,
    value: number,
  }),
  fc.record({
    kind: fc.constant('comparison'),
    subject: fc.constant<Subject>({ kind: 'registeredAt' }),
    operator: order,
    value: date,
  }),
  fc.record({
    kind: fc.constant('comparison'),
    subject: fc.constant<Subject>({ kind: 'agentConnected' }),
    operator: fc.constantFrom('==', '!='),
    value: fc.constantFrom('true', 'false'),
  }),
  fc.record({
    kind: fc.constant('membership'),
    subject: textual,
    operator: fc.constantFrom('in', '!in'),
    values: fc.array(anyText, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('existence'),
    subject: textual,
    operator: fc.constantFrom('exists', '!exists'),
  }),
)

/** Expressions that the language can say, three levels deep. */
export const anyExpression: fc.Arbitrary<Expression> = fc.letrec<{ node: Expression }>(tie => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    term,
    fc.record({ kind: fc.constant('not'), operand: tie('node') }),
    fc.record({
      kind: fc.constantFrom('and', 'or'),
      operands: fc.array(tie('node'), { minLength: 2, maxLength: 3 }),
    }),
  ),
})).node
