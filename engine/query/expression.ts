/** An expression of ECS's cluster query language; docs/cluster-query-language.md has the grammar. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'existence'; readonly subject: Subject; readonly operator: 'exists' | '!exists' }
  | {
      readonly kind: 'membership'
      readonly subject: Subject
      readonly operator: 'in' | '!in'
      readonly values: readonly string[]
    }
  | {
      readonly kind: 'comparison'
      readonly subject: Subject
      readonly operator: ComparisonOperator
      readonly value: string
    }

/** What is asked of a container instance. */
export type Subject = { readonly kind: 'attribute'; readonly name: string } | { readonly kind: PlainSubject }

export type PlainSubject = (typeof PLAIN_SUBJECTS)[number]

/** The subjects that stand for themselves. */
export const PLAIN_SUBJECTS = [
  'agentConnected',
  'agentVersion',
  'ec2InstanceId',
  'registeredAt',
  'runningTasksCount',
  'task:group',
] as const

export type ComparisonOperator = '==' | '!=' | '>' | '>=' | '<' | '<=' | '=~' | '!~'

export type Operator = ComparisonOperator | 'in' | '!in' | 'exists' | '!exists'
