import { parseImageReference } from '../../engine/image-reference.ts'
import { baseLayer, config, file, layerOf, link, ROUTER, routerLayer } from './images.ts'
import type { BuiltImage, BuiltLayer } from './image-push.ts'

/** By the image's name, as a document has it: a program that runs until it is stopped, or a log router. */
export type StandIns = Readonly<Record<string, 'program' | 'router'>>

const HUB = 'docker.io'

/** The registries that the hosts must be told of; Docker Hub has a mirror instead. */
export function registriesOf(standIns: StandIns): string[] {
  const names = Object.keys(standIns).map(image => parseImageReference(image)?.registry ?? HUB)
  return [...new Set(names)].filter(name => name !== HUB).sort()
}

/** An image for each, under its own repository and tag. */
export async function standInImages(standIns: StandIns): Promise<BuiltImage[]> {
  const all = Object.entries(standIns)
  if (all.length === 0) return []
  const layers = [await baseLayer(), await programLayer()]
  const router = await routerLayer()
  return all.map(([image, kind]): BuiltImage => {
    const { repository = '', tag = 'latest' } = parseImageReference(image) ?? {}
    return kind === 'router'
      ? { name: `${repository}:${tag}`, layers: [...layers, router], config: entry(ROUTER) }
      : { name: `${repository}:${tag}`, layers, config: entry(['/bin/program']) }
  })
}

/** Whatever arguments a task definition gives it. */
function entry(command: readonly string[]): Record<string, unknown> {
  return { ...config([]), Entrypoint: command }
}

const UNTIL_TERM = `#!/bin/sh
trap "exit 0" TERM INT
echo "$0 $*"
while :; do sleep 3600 & wait $!; done
`

/** The program under each name that a task definition calls, and what health checks ask it with, which it passes. */
function programLayer(): Promise<BuiltLayer> {
  const passes = (name: string, text: string) => file(name, `#!/bin/sh\n${text}\n`, 0o755)
  return layerOf([
    file('bin/program', UNTIL_TERM, 0o755),
    link('opt/jboss/wildfly/bin/standalone.sh', '/bin/program'),
    link('usr/local/bin/docker-entrypoint.sh', '/bin/program'),
    passes('healthcheck', 'exit 0'),
    passes('usr/sbin/curl', 'echo \'"state": "LIVE"\''),
    passes('usr/sbin/wget', 'exit 0'),
    passes('usr/sbin/nc', 'cat > /dev/null'),
    passes('usr/sbin/socat', 'cat > /dev/null'),
  ])
}
