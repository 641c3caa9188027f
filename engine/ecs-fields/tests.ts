import { type Evidence, shown } from './field.ts'

/** `field` of `of` in the table of test/e2e/fields.test.ts: looked at from inside the container, or by docker inspect. */
export function seen(field: string, of = 'plain app'): Evidence {
  return shown('test/e2e/fields.test.ts', `'${field}' of '${of}'`)
}

/** One of test/e2e/tasks.test.ts, about several containers as one task. */
export function inTasks(title: string): Evidence {
  return shown('test/e2e/tasks.test.ts', title)
}

export function inSecrets(title: string): Evidence {
  return shown('test/e2e/secrets.test.ts', title)
}

const NO_DOCKER = 'decided before Docker is asked'

/** Where tasks go is decided by pure functions; only the result reaches Docker. */
export function inPlacement(title: string): Evidence {
  return shown('test/engine/scheduler/place.test.ts', title, NO_DOCKER)
}

/** The unit test of a decision that takes no Docker. */
export function decided(file: string, title: string): Evidence {
  return shown(file, title, NO_DOCKER)
}

/** The test of test/e2e/firelens.test.ts that shows what reaches a router. */
export const ROUTES =
  'takes what the containers of its task print, by their tags, each task with a router of its own'

export function inFirelens(title: string): Evidence {
  return shown('test/e2e/firelens.test.ts', title)
}
