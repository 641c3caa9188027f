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

/** Without what tools only show, in the containers too. */
export function withoutReadOnly(
  input: DocumentInput,
  value: object,
  at: string,
): { readonly value: object; readonly notes: readonly Note[] } {
  const notes: Note[] = []
  const without = (object: object, names: ReadonlySet<string>, here: string) =>
    Object.fromEntries(
      Object.entries(object).filter(([key]) => {
        if (!names.has(key)) return true
        notes.push({ pointer: pointer(here, key), was: 'what tools only show', is: LEFT_OUT })
        return false
      }),
    )
  const bare = without(value, READ_ONLY[input], at)
  for (const key of ['containerDefinitions', 'container_definitions']) {
    const containers: unknown = bare[key]
    if (Array.isArray(containers))
      bare[key] = containers.map((container: unknown, i) =>
        typeof container === 'object' && container !== null && !Array.isArray(container)
          ? without(container, OF_CONTAINERS, pointer(at, key, i))
          : container,
      )
  }
  return { value: bare, notes }
}

/** The console has shown it with each container. */
const OF_CONTAINERS: ReadonlySet<string> = new Set(['requiresAttributes'])

/** What is meant by something is a problem as long as nobody has said that it may be taken for that. */
export function readStrictly({ pointer: at, was, is }: Note): DocumentProblem {
  return documentProblem(
    at,
    is === LEFT_OUT ? `is ${was}: lenient, it is left out` : `is ${was}: lenient, it is ${is}`,
  )
}
