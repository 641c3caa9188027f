import { referenceFault } from '../engine/image-reference.ts'
import { checked } from './fit.ts'
import type { Secret } from './secret.ts'
import { SECRET } from './secret-shape.ts'
import { props, text, unquoted } from './shape.ts'

/** What becomes of the tag of an image. */
export const VersionConsistency = {
  /** It is resolved once, and all tasks of a revision run the same image. */
  ENABLED: 'enabled',
  /** A task that is made later runs what the tag means then. */
  DISABLED: 'disabled',
} as const
export type VersionConsistency = (typeof VersionConsistency)[keyof typeof VersionConsistency]

export interface RepositoryImageProps {
  /** The source of the registry login: JSON with username and password. @default what docker login left on the machine */
  readonly credentials?: Secret
}

const REPOSITORY_IMAGE_PROPS = unquoted(props<RepositoryImageProps>({ credentials: SECRET }))

/** The image of a container. */
export class ContainerImage {
  /** What `docker pull` takes. */
  readonly imageName: string
  readonly credentials: Secret | undefined

  private constructor(imageName: string, { credentials }: RepositoryImageProps) {
    this.imageName = imageName
    this.credentials = credentials
  }

  /** An image of a registry: `nginx:1.29`, `ghcr.io/org/app@sha256:…`. The tag is resolved to a digest once a deployment. */
  static fromRegistry(name: string, given: RepositoryImageProps = {}): ContainerImage {
    const image = checked(
      new ContainerImage(name, given),
      name,
      'what ContainerImage.fromRegistry() takes',
      text,
    )
    return checked(image, given, '', REPOSITORY_IMAGE_PROPS)
  }
}

const IMAGE_MAX = 511

/** What is wrong with the name of an image. */
export function checkImage(name: string): string[] {
  if (name === '' || name.length > IMAGE_MAX) return [`image must have 1 to ${IMAGE_MAX} characters`]
  const fault = referenceFault(name)
  return fault === undefined
    ? []
    : [`image must be the name of an image, not ${JSON.stringify(name)}: ${fault}`]
}
