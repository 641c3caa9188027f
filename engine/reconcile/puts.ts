import type { ContainerDefinition } from '../desired-state/desired-state.generated.ts'
import type { Action, ContainerRef, TaskIdentity } from '../plan.ts'
import { hasSecretFiles } from '../secrets/fingerprints.ts'
import type { Target } from './target.ts'

/** Which container of which task. */
export interface PutInto {
  readonly instance: string
  readonly container: ContainerRef
  readonly task: TaskIdentity
  readonly target: Target
}

/** What is put into a container once it is there and before its first start. */
export function putsOf(definition: ContainerDefinition, into: PutInto): Action[] {
  const { instance, container, task, target } = into
  const { family, taskDefinition } = target
  return [
    ...(hasSecretFiles(definition)
      ? [{ kind: 'put-secrets', instance, container, definition } as const]
      : []),
    ...(definition.firelensConfiguration
      ? [{ kind: 'put-log-config', instance, container, task, family, taskDefinition } as const]
      : []),
  ]
}
