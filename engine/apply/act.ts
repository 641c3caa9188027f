import { packTar } from 'modern-tar'
import type { ContainerDefinition } from '../desired-state/desired-state.generated.ts'
import type { DockerHost, RegistryAuth } from '../docker/docker-host.ts'
import { StowageError } from '../errors.ts'
import { CONFIG_FILES, routerConfig } from '../firelens/config.ts'
import { isRouted, routerOf } from '../firelens/router.ts'
import { LABEL, shortRevision, taskArn, taskKey } from '../identity.ts'
import type { Action, ContainerRef } from '../plan.ts'
import { pauseImage } from '../pause/image.ts'
import { hasSecrets } from '../secrets/fingerprints.ts'
import { createBody, type SecretParts, SECRETS_FOLDER } from './create-body.ts'
import type { ResolvedSecrets, SecretFile } from './resolved-secrets.ts'

/** What an action needs of the machine that it is started from. */
export interface ActContext {
  readonly cluster: string
  /** Credentials for a reference's registry, if there are any. */
  readonly registryAuth: (reference: string) => Promise<RegistryAuth | undefined>
  /** The values that the document names sources of. Default: none. */
  readonly secrets?: Pick<ResolvedSecrets, 'environmentOf' | 'logOptionsOf' | 'filesOf'>
}

/** Does one action on its host: one call of the Docker API. Doing it twice has the effect of doing it once. */
export async function act(host: DockerHost, action: Action, context: ActContext): Promise<void> {
  switch (action.kind) {
    case 'pull-image':
      return pull(host, action, context)
    case 'create-volume':
      return host.createVolume(action.name, {
        Labels: {
          ...action.configuration?.labels,
          [LABEL.cluster]: context.cluster,
          ...(action.task && { [LABEL.task]: taskKey(action.task) }),
        },
        Driver: action.configuration?.driver,
        DriverOpts: action.configuration?.driverOpts,
      })
    case 'import-image':
      return importPauseImage(host, action.architecture)
    case 'create-network':
      return createNetwork(host, action.name, context.cluster)
    case 'create-container':
      return create(host, action, context)
    case 'put-secrets': {
      const files = secretsOf(context).filesOf(action.definition)
      return host.putArchive(idOf(action.container), SECRETS_FOLDER, await tarOf(files))
    }
    case 'put-log-config':
      return putLogConfig(host, action, context)
    case 'start-container':
      return host.startContainer(idOf(action.container))
    case 'unpause-container':
      return host.unpauseContainer(idOf(action.container))
    case 'update-container':
      return host.updateContainer(idOf(action.container), {
        CpuShares: action.cpuShares,
        // Docker's own default where only a memory limit is given is as much swap again
        ...(action.memory > 0 && {
          Memory: action.memory,
          MemorySwap: action.memorySwap ?? action.memory * 2,
        }),
        ...(action.memoryReservation > 0 && { MemoryReservation: action.memoryReservation }),
      })
    case 'stop-container':
      return ifThere(host.stopContainer(idOf(action.container), action.timeout))
    case 'remove-container':
      return host.removeContainer(idOf(action.container))
    case 'remove-image':
      return host.removeImage(action.image)
    case 'remove-volume':
      return host.removeVolume(action.name)
    case 'remove-network':
      return ifThere(host.removeNetwork(action.id))
  }
}

async function pull(
  host: DockerHost,
  { image, platform, mark }: Action & { kind: 'pull-image' },
  { registryAuth }: ActContext,
): Promise<void> {
  await host.pullImage(image, { auth: await registryAuth(image), platform })
  const [repository = '', tag = ''] = mark.split(':')
  // without the mark it is never removed, which hinders nothing
  await host.tagImage(image, repository, tag).catch(() => {})
}

/** The name is the compare-and-set: a conflict with the very container that was meant is a success. */
async function create(
  host: DockerHost,
  action: Action & { kind: 'create-container' },
  context: ActContext,
): Promise<void> {
  const definition = action.taskDefinition.containerDefinitions.find(c => c.name === action.container)
  const body = createBody(action, definition && secretParts(definition, context))
  try {
    await host.createContainer(action.name, body)
  } catch (error) {
    if (!(error instanceof StowageError) || error.code !== 'DOCKER_CONFLICT') throw error
    const there = await host.inspectContainer(action.name)
    const labels = there.Config.Labels ?? {}
    if (Object.values(LABEL).every(key => labels[key] === body.Labels?.[key])) return
    throw new StowageError(
      'NAME_TAKEN',
      `the name ${action.name} is taken by container ${there.Id.slice(0, 12)}`,
      {
        cause: error,
        instance: host.name,
      },
    )
  }
}

function secretParts(definition: ContainerDefinition, context: ActContext): SecretParts | undefined {
  if (!hasSecrets(definition)) return undefined
  const secrets = secretsOf(context)
  // the log driver is told nothing that is for the router
  const logOptions = isRouted(definition) ? {} : secrets.logOptionsOf(definition)
  return { environment: secrets.environmentOf(definition), logOptions }
}

async function putLogConfig(
  host: DockerHost,
  { container, task, family, taskDefinition }: Action & { kind: 'put-log-config' },
  context: ActContext,
): Promise<void> {
  const router = routerOf(taskDefinition)
  if (!router?.firelensConfiguration) throw new Error(`${family} has no log router`)
  const { folder, name } = CONFIG_FILES[router.firelensConfiguration.type]
  const config = routerConfig(taskDefinition, router, {
    cluster: task.cluster,
    taskArn: taskArn(task),
    taskDefinition: `${family}:${shortRevision(task.revision)}`,
    secretsOf: definition => (hasSecrets(definition) ? secretsOf(context).logOptionsOf(definition) : {}),
  })
  const tar = await tarOf([{ name, content: Buffer.from(config) }])
  await host.putArchive(idOf(container), folder, tar)
}

function secretsOf({ secrets }: ActContext): NonNullable<ActContext['secrets']> {
  if (secrets) return secrets
  throw new StowageError('SECRET_UNAVAILABLE', 'the secrets of the document were not read')
}

/** Readable by whoever the container runs as: its user may have no name that is known here. */
async function tarOf(files: readonly SecretFile[]): Promise<Uint8Array> {
  return await packTar(
    files.map(({ name, content }) => ({
      header: { name, size: content.length, mode: 0o444, uid: 0, gid: 0, type: 'file' },
      body: content,
    })),
  )
}

async function importPauseImage(host: DockerHost, architecture: string): Promise<void> {
  const image = pauseImage(architecture)
  if (!image) {
    const message = `there is no pause container for ${architecture}, which a task of several containers with network mode awsvpc needs`
    throw new StowageError('IMAGE_NOT_FOUND', message, {
      instance: host.name,
      next: 'Keep the service off the instance: attribute:ecs.cpu-architecture in [x86_64, arm64].',
    })
  }
  const { repository, tag, path, program, changes } = image
  const header = { name: path, size: program.length, mode: 0o755, mtime: new Date(0) }
  await host.importImage(await packTar([{ header, body: program }]), repository, tag, changes)
}

/** Docker's check of the name is the compare-and-set: a conflict with our own network is a success. */
async function createNetwork(host: DockerHost, name: string, cluster: string): Promise<void> {
  try {
    await host.createNetwork(name, { [LABEL.cluster]: cluster })
  } catch (error) {
    if (!(error instanceof StowageError) || error.code !== 'DOCKER_CONFLICT') throw error
    const there = (await host.listNetworks()).filter(n => n.Name === name)
    if (there.some(n => n.Labels?.[LABEL.cluster] === cluster)) return
    const message = `the name ${name} is taken by a network that is not ours`
    throw new StowageError('NAME_TAKEN', message, { cause: error, instance: host.name })
  }
}

/** What is to be stopped or removed may be gone already. */
async function ifThere(call: Promise<void>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof StowageError) || error.code !== 'DOCKER_NOT_FOUND') throw error
  }
}

/** Containers that a plan makes are known by name until they are observed. */
function idOf(ref: ContainerRef): string {
  return ref.id === '' ? ref.name : ref.id
}
