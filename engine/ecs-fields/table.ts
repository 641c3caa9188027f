import { CONTAINER_DEFINITION } from './container-definition.ts'
import { CONTAINER_PARTS } from './container-parts.ts'
import type { EcsShape } from './field.ts'
import { RUN_TASK } from './run-task.ts'
import { SERVICE, SERVICE_PARTS } from './service.ts'
import {
  DOCKER_VOLUME,
  HOST_VOLUME,
  RUNTIME_PLATFORM,
  TAG,
  TASK_DEFINITION,
  TASK_PLACEMENT_CONSTRAINT,
  VOLUME,
} from './task-definition.ts'

/**
 * Every field of ECS's RegisterTaskDefinition, CreateService and RunTask, and what becomes of it. docs/ecs-compatibility.md
 * is made from it, and the document check refuses by it.
 */
export const ECS_SHAPES: readonly EcsShape[] = [
  TASK_DEFINITION,
  CONTAINER_DEFINITION,
  ...CONTAINER_PARTS,
  VOLUME,
  HOST_VOLUME,
  DOCKER_VOLUME,
  RUNTIME_PLATFORM,
  TAG,
  TASK_PLACEMENT_CONSTRAINT,
  SERVICE,
  ...SERVICE_PARTS,
  RUN_TASK,
]

/** Where a field stands in its input: `containerDefinitions[].portMappings[].appProtocol`. */
export function fieldPath({ at }: EcsShape, field: string): string {
  return at === '' ? field : `${at}.${field}`
}

/** What `ignoreUnsupported` calls what is found at a path: `portMappings.appProtocol`, and with a value `secrets:aws`. */
export function ignoreName(path: string, value?: string): string {
  const name = path.replace(/^containerDefinitions\[\]\./, '').replaceAll('[]', '')
  return value === undefined ? name : `${name}:${value}`
}
