/** The image of a container. */
export class ContainerImage {
  /** What `docker pull` takes. */
  readonly imageName: string

  private constructor(imageName: string) {
    this.imageName = imageName
  }

  /** An image of a registry: `nginx:1.29`, `ghcr.io/org/app@sha256:…`. The tag is resolved to a digest once a deployment. */
  static fromRegistry(name: string): ContainerImage {
    return new ContainerImage(name)
  }
}
