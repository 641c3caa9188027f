import type { Expression, Subject } from './expression.ts'

/** The expression as text that parseExpression reads back as the same expression. */
export function printExpression(expression: Expression): string {
  if (expression.kind === 'not') return `not(${printExpression(expression.operand)})`
  if ('operands' in expression) return expression.operands.map(printOperand).join(` ${expression.kind} `)
  const question = `${printSubject(expression.subject)} ${expression.operator}`
  if (expression.kind === 'existence') return question
  if (expression.kind === 'comparison') return `${question} ${printValue(expression.value)}`
  return `${question} [${expression.values.map(printValue).join(', ')}]`
}

/** Also "and" inside "or" gets its parentheses, so that nobody has to know which binds tighter. */
function printOperand(operand: Expression): string {
  return 'operands' in operand ? `(${printExpression(operand)})` : printExpression(operand)
}

function printSubject(subject: Subject): string {
  return subject.kind === 'attribute' ? `attribute:${subject.name}` : subject.kind
}

function printValue(value: string): string {
  return /^[A-Za-z0-9_./:@*+-]+$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`
}
