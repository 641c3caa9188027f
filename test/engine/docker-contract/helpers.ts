import { expect } from 'vitest'
import type { ContainerCreateBody } from '../../../engine/docker/docker-host.ts'
import type { Subject } from './subjects.ts'

/** Gives the engine that the contract is held against. */
export type Started = () => Subject

export const WEB = 'registry.lab:5000/lab/web:1'
export const SLEEP = 'registry.lab:5000/lab/sleep:1'
export const CRASH = 'registry.lab:5000/lab/crash:1'
export const NEVER = '0001-01-01T00:00:00Z'
export const UNLESS_STOPPED = { RestartPolicy: { Name: 'unless-stopped' } }

/** A shell command. */
export function shell(text: string): string[] {
  return ['/bin/sh', '-c', text]
}

/** Creates a container; the image is `sleep` unless given. Gives its id. */
export async function create(
  subject: Subject,
  name: string,
  body: Partial<ContainerCreateBody> = {},
): Promise<string> {
  return await subject.docker.createContainer(name, { Image: SLEEP, ...body })
}

/** Creates it and starts it. */
export async function run(
  subject: Subject,
  name: string,
  body: Partial<ContainerCreateBody> = {},
): Promise<string> {
  const id = await create(subject, name, body)
  await subject.docker.startContainer(id)
  return id
}

/** Waits until a container has this status; gives its inspection. */
export async function untilStatus(subject: Subject, id: string, status: string) {
  return await subject.until(`${id.slice(0, 12)} is ${status}`, async () => {
    const found = await subject.docker.inspectContainer(id)
    return found.State.Status === status && found
  })
}

/** Expects a refusal in these words. */
export async function refusal(
  subject: Subject,
  status: number,
  words: string | RegExp,
  request: readonly [string, string, object?],
) {
  const answer = await subject.api(...request)
  expect({ status: answer.status, message: answer.message }).toEqual({
    status,
    message: typeof words === 'string' ? words : expect.stringMatching(words),
  })
}
