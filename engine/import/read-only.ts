import { type DocumentProblem, documentProblem, pointer } from '../desired-state/problem.ts'
import type { DocumentInput } from '../ecs-fields/unsupported.ts'
import { LEFT_OUT, type Note } from './tidy.ts'

/** What describe-…, Terraform and CloudFormation show beside what was asked for. */
const READ_ONLY: Readonly<Record<DocumentInput, ReadonlySet<string>>> = {
  'task definition': new Set(
    'taskDefinitionArn revision status requiresAttributes compatibilities registeredAt registeredBy deregisteredAt deleteRequestedAt arn arn_without_revision id tags_all track_latest skip_destroy'.split(
      ' ',
    ),
  ),
  service: new Set(
    'serviceArn clusterArn status runningCount pendingCount deployments events createdAt createdBy roleArn platformFamily taskSets currentServiceDeployment currentServiceRevisions resourceManagementType id tags_all wait_for_steady_state'.split(
      ' ',
    ),
  ),
}

/** Without what tools only show. */
export function withoutReadOnly(
  input: DocumentInput,
  value: object,
  at: string,
): { readonly value: object; readonly notes: readonly Note[] } {
  const all = Object.entries(value)
  const gone = all.filter(([key]) => READ_ONLY[input].has(key))
  return {
    value: Object.fromEntries(all.filter(([key]) => !READ_ONLY[input].has(key))),
    notes: gone.map(([key]) => ({ pointer: pointer(at, key), was: 'what tools only show', is: LEFT_OUT })),
  }
}

/** What is meant by something is a problem as long as nobody has said that it may be taken for that. */
export function readStrictly({ pointer: at, was, is }: Note): DocumentProblem {
  return documentProblem(
    at,
    is === LEFT_OUT ? `is ${was}: lenient, it is left out` : `is ${was}: lenient, it is ${is}`,
  )
}
