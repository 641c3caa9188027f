import { packTar } from 'modern-tar'
import { StowageError } from '../errors.ts'
import type { ContainerCreateBody, DockerHost } from './docker-host.ts'

const REPOSITORY = 'stowage/empty'
const TAG = '1'

/**
 * Creates a container that is never started, of an image with nothing in it, which is made where it is missing.
 * @throws what createContainer does
 */
export async function createEmptyContainer(
  host: DockerHost,
  name: string,
  body: Omit<ContainerCreateBody, 'Image' | 'Cmd'>,
): Promise<string> {
  const create = () =>
    host.createContainer(name, { ...body, Image: `${REPOSITORY}:${TAG}`, Cmd: ['/never-started'] })
  try {
    return await create()
  } catch (error) {
    const isMissing =
      error instanceof StowageError && (error.code === 'DOCKER_NOT_FOUND' || error.code === 'IMAGE_NOT_FOUND')
    if (!isMissing) throw error
  }
  await host.importImage(await packTar([]), REPOSITORY, TAG, ['LABEL stowage.image=empty'])
  return await create()
}

/** Removes the image, where no container of another cluster is made of it. */
export async function removeEmptyImage(host: DockerHost): Promise<void> {
  await host.removeImage(`${REPOSITORY}:${TAG}`).catch(() => {})
}
