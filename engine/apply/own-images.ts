import type { ConnectedCluster } from '../connect-cluster.ts'
import type { DockerHost } from '../docker/docker-host.ts'
import { removeEmptyImage } from '../docker/empty-image.ts'
import { PAUSE_IMAGE } from '../pause/image.ts'

/** Removes the images that stowage itself brings to a host, where no other cluster has them. */
export async function removeImages({ hosts }: ConnectedCluster): Promise<void> {
  await Promise.all([...hosts.values()].flatMap(host => [removeEmptyImage(host), removePauseImage(host)]))
}

/** Where no task of another cluster has it. */
async function removePauseImage(host: DockerHost): Promise<void> {
  await host.removeImage(PAUSE_IMAGE).catch(() => {})
}
