import { adapted, type EcsShape, leaving, refused, shown, works } from './field.ts'
import { decided, inPlacement, inTasks, seen } from './tests.ts'

const INPUT = 'task definition'
const SETTINGS = 'test/engine/reconcile/settings.test.ts'

/** RegisterTaskDefinition. */
export const TASK_DEFINITION: EcsShape = {
  name: 'RegisterTaskDefinition',
  input: INPUT,
  at: '',
  fields: {
    family: works('the key in the document; label com.amazonaws.ecs.task-definition-family', seen('family')),
    taskRoleArn: refused(
      'no AWS role reaches a host of your own',
      'Give the container credentials of its own by secrets (AWS_ACCESS_KEY_ID, …), if it calls AWS at all.',
    ),
    executionRoleArn: refused(
      'stowage pulls images, writes logs and reads secrets without AWS',
      'Leave it out: docker login or repositoryCredentials for images, sources for secrets.',
    ),
    networkMode: works(
      'HostConfig.NetworkMode bridge, host or none; awsvpc is a network of the task’s own, held by a pause container where it has several containers',
      inTasks('awsvpc: one address, localhost between the containers, and the port where it was asked for'),
    ),
    containerDefinitions: works('a Docker container each', seen('name')),
    volumes: works('see Volume', seen('mountPoints')),
    placementConstraints: works(
      'every service of it is placed by them, too',
      shown(
        'test/e2e/refusals.test.ts',
        'a placement that cannot be met names the service, the number and what each filter refused',
      ),
    ),
    requiresCompatibilities: adapted(
      'any of them runs on the container instances, and none changes anything: FARGATE does not ask for awsvpc and a size',
      shown('test/e2e/fields.test.ts', 'nothing is left to do once it was made'),
    ),
    cpu: adapted(
      'reserved when placing, and HostConfig.NanoCpus of each container: Docker has no limit for several together',
      seen('cpu of the task', 'one app'),
    ),
    memory: adapted(
      'reserved when placing, and HostConfig.Memory of each container that has none of its own',
      seen('memory of the task', 'one app'),
    ),
    tags: works('label stowage.tag.KEY of each container', seen('tags', 'one app')),
    pidMode: works('HostConfig.PidMode; task: that of one container', seen('pidMode task', 'pair app')),
    ipcMode: works('HostConfig.IpcMode; task: that of one container', seen('ipcMode task', 'pair app')),
    proxyConfiguration: refused(
      'it is for App Mesh, which AWS has ended',
      'Run the proxy as a container of the task, and let the others speak to it on localhost.',
    ),
    inferenceAccelerators: refused(
      'it is for Elastic Inference, which AWS has ended',
      'Leave it out, or give the container the device itself by linuxParameters.devices.',
    ),
    ephemeralStorage: refused(
      'the disk of a task is that of its container instance',
      'Leave it out and see to the disk of the host, or mount a volume of its own.',
    ),
    runtimePlatform: works(
      'placed on ecs.cpu-architecture and ecs.os-type alike; the platform of the image that is pulled',
      decided(SETTINGS, 'places where its images run, and says so where that is nowhere'),
    ),
    enableFaultInjection: refused(
      'the endpoint that faults are asked of is part of the ECS agent',
      'Leave it out, and disturb the host itself (tc, docker kill) in tests.',
    ),
  },
}

export const RUNTIME_PLATFORM: EcsShape = {
  name: 'RuntimePlatform',
  input: INPUT,
  at: 'runtimePlatform',
  fields: {
    cpuArchitecture: works(
      'attribute:ecs.cpu-architecture, and the platform of the image',
      decided(SETTINGS, 'places where its images run, and says so where that is nowhere'),
    ),
    operatingSystemFamily: adapted(
      'attribute:ecs.os-type, linux or windows; the hosts that stowage speaks to run Linux',
      decided(SETTINGS, 'places where its images run, and says so where that is nowhere'),
    ),
  },
}

export const TAG: EcsShape = {
  name: 'Tag',
  input: INPUT,
  at: 'tags[]',
  fields: {
    key: works('the end of the label stowage.tag.KEY', seen('tags', 'one app')),
    value: works('the value of that label', seen('tags', 'one app')),
  },
}

export const TASK_PLACEMENT_CONSTRAINT: EcsShape = {
  name: 'TaskDefinitionPlacementConstraint',
  input: INPUT,
  at: 'placementConstraints[]',
  fields: {
    type: works('memberOf', inPlacement('place_refuses_by_the_first_filter_that_says_no')),
    expression: works(
      'docs/cluster-query-language.md',
      decided(
        'test/engine/scheduler/fleet.test.ts',
        'matching_gives_active_hosts_that_satisfy_every_constraint',
      ),
    ),
  },
}

/** Of a volume whose place is let go. */
const EMPTY =
  'what mounts it gets an empty volume that goes with its task; Volume.nfs or host.sourcePath gives it the data'

export const VOLUME: EcsShape = {
  name: 'Volume',
  input: INPUT,
  at: 'volumes[]',
  fields: {
    name: works('the name of a shared Docker volume; part of the name of a task’s', seen('mountPoints')),
    host: works(
      'a bind mount; without sourcePath a Docker volume that goes with its task',
      seen('host.sourcePath'),
    ),
    dockerVolumeConfiguration: works('a Docker volume', seen('volume with labels', 'pair side')),
    efsVolumeConfiguration: leaving(
      refused(
        'it names a file system by its id at AWS',
        'Mount it by NFS: Volume.nfs({ name, server, path }), or dockerVolumeConfiguration with scope shared, autoprovision true and driverOpts {"type": "nfs", "o": "addr=HOST,nfsvers=4.1", "device": ":/"}.',
      ),
      EMPTY,
    ),
    s3filesVolumeConfiguration: leaving(
      refused(
        'there is no S3 Files here',
        'Mount what the hosts have: a path by host.sourcePath, or NFS by dockerVolumeConfiguration.',
      ),
      EMPTY,
    ),
    fsxWindowsFileServerVolumeConfiguration: leaving(
      refused(
        'there is no FSx here',
        'Mount the share by dockerVolumeConfiguration with driver local and driverOpts {"type": "cifs", "device": "//HOST/SHARE", "o": "…"}.',
      ),
      EMPTY,
    ),
    configuredAtLaunch: leaving(
      refused(
        'there is no EBS here',
        'Mount a disk of the host by host.sourcePath, or take a shared Docker volume.',
      ),
      EMPTY,
    ),
  },
}

export const HOST_VOLUME: EcsShape = {
  name: 'HostVolumeProperties',
  input: INPUT,
  at: 'volumes[].host',
  fields: { sourcePath: works('the path that HostConfig.Binds begins with', seen('host.sourcePath')) },
}

export const DOCKER_VOLUME: EcsShape = {
  name: 'DockerVolumeConfiguration',
  input: INPUT,
  at: 'volumes[].dockerVolumeConfiguration',
  fields: {
    scope: works(
      'task: made and removed with its task. shared: kept',
      seen('dockerVolumeConfiguration.scope shared'),
    ),
    autoprovision: works(
      'a shared volume that is missing is made, or else the task is not placed there',
      seen('dockerVolumeConfiguration.scope shared'),
    ),
    driver: works('Driver', seen('dockerVolumeConfiguration.driverOpts', 'one app')),
    driverOpts: works('DriverOpts', seen('dockerVolumeConfiguration.driverOpts', 'one app')),
    labels: works('Labels', seen('volume with labels', 'pair side')),
  },
}
