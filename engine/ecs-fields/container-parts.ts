import { adapted, type EcsShape, works } from './field.ts'
import { isOfAws, member, NAMES_AWS } from './names-aws.ts'
import { decided, inSecrets, inTasks, seen, inFirelens, ROUTES } from './tests.ts'

const INPUT = 'task definition'
const RESTARTS = 'test/engine/reconcile/tasks.test.ts'
const ORDERED = inTasks('a sidecar is HEALTHY before the app starts')
const SECRETS = inSecrets('are where the container looks for them, for a user that is not root')

const SHOWN = inSecrets('are in what Docker shows only where they were delivered to, as files nowhere')

/** The smaller shapes of a ContainerDefinition, in the order in which ECS's documentation has them. */
export const CONTAINER_PARTS: readonly EcsShape[] = [
  {
    name: 'PortMapping',
    input: INPUT,
    at: 'containerDefinitions[].portMappings[]',
    fields: {
      containerPort: works('the key in ExposedPorts and PortBindings', seen('portMappings')),
      hostPort: works(
        'HostPort. 0 or none: one that Docker chooses (bridge), the container’s own (host), none (awsvpc)',
        seen('portMappings'),
      ),
      protocol: works('the end of the key: 53/udp', seen('portMappings')),
      name: adapted(
        'a name in the document, unique in its container: nothing looks it up yet',
        seen('portMappings'),
      ),
      appProtocol: adapted(
        'kept in the document and the task’s label: no proxy looks at it yet',
        seen('containerPortRange', 'ranges app'),
      ),
      containerPortRange: works(
        'PortBindings, port by port, to host ports in a row that are free there',
        seen('containerPortRange', 'ranges app'),
      ),
    },
  },
  {
    name: 'ContainerRestartPolicy',
    input: INPUT,
    at: 'containerDefinitions[].restartPolicy',
    fields: {
      enabled: works(
        'HostConfig.RestartPolicy where Docker can hold it, else whenever apply looks',
        inTasks('a restart policy starts a container again after every exit code but the ignored ones'),
      ),
      ignoredExitCodes: adapted(
        '[0] is Docker’s on-failure; others are seen to whenever apply looks',
        inTasks('a restart policy starts a container again after every exit code but the ignored ones'),
      ),
      restartAttemptPeriod: adapted(
        'seen to whenever apply looks: Docker itself waits longer each time, and does not count',
        decided(RESTARTS, 'an essential container that ended: it ran too short a time'),
      ),
    },
  },
  {
    name: 'HealthCheck',
    input: INPUT,
    at: 'containerDefinitions[].healthCheck',
    fields: {
      command: works('Healthcheck.Test', seen('healthCheck')),
      interval: works('Healthcheck.Interval', seen('healthCheck')),
      timeout: works('Healthcheck.Timeout', seen('healthCheck')),
      retries: works('Healthcheck.Retries', seen('healthCheck')),
      startPeriod: works('Healthcheck.StartPeriod', seen('healthCheck')),
    },
  },
  {
    name: 'ContainerDependency',
    input: INPUT,
    at: 'containerDefinitions[].dependsOn[]',
    fields: {
      containerName: works('another container of the task', ORDERED),
      condition: works('START, COMPLETE, SUCCESS or HEALTHY', ORDERED),
    },
  },
  {
    name: 'LinuxParameters',
    input: INPUT,
    at: 'containerDefinitions[].linuxParameters',
    fields: {
      capabilities: works('HostConfig.CapAdd, CapDrop', seen('linuxParameters.capabilities.drop', 'one app')),
      devices: works('HostConfig.Devices', seen('linuxParameters.devices', 'one app')),
      initProcessEnabled: works('HostConfig.Init', seen('linuxParameters.initProcessEnabled', 'one app')),
      sharedMemorySize: works('HostConfig.ShmSize', seen('linuxParameters.sharedMemorySize', 'one app')),
      tmpfs: works('HostConfig.Tmpfs', seen('linuxParameters.tmpfs', 'one app')),
      maxSwap: works(
        'HostConfig.MemorySwap, together with memory; nothing where the kernel does not count swap',
        seen('linuxParameters.maxSwap', 'one app'),
      ),
      swappiness: adapted(
        'HostConfig.MemorySwappiness; nothing with cgroups of version 2',
        seen('linuxParameters.swappiness', 'one app'),
      ),
    },
  },
  {
    name: 'KernelCapabilities',
    input: INPUT,
    at: 'containerDefinitions[].linuxParameters.capabilities',
    fields: {
      add: works('HostConfig.CapAdd', seen('linuxParameters.capabilities.add', 'one app')),
      drop: works('HostConfig.CapDrop', seen('linuxParameters.capabilities.drop', 'one app')),
    },
  },
  {
    name: 'Device',
    input: INPUT,
    at: 'containerDefinitions[].linuxParameters.devices[]',
    fields: {
      hostPath: works('PathOnHost', seen('linuxParameters.devices', 'one app')),
      containerPath: works('PathInContainer', seen('linuxParameters.devices', 'one app')),
      permissions: works('CgroupPermissions', seen('linuxParameters.devices', 'one app')),
    },
  },
  {
    name: 'Tmpfs',
    input: INPUT,
    at: 'containerDefinitions[].linuxParameters.tmpfs[]',
    fields: {
      containerPath: works('the key in HostConfig.Tmpfs', seen('linuxParameters.tmpfs', 'one app')),
      size: works('its option size', seen('linuxParameters.tmpfs', 'one app')),
      mountOptions: works('its other options', seen('linuxParameters.tmpfs', 'one app')),
    },
  },
  {
    name: 'LogConfiguration',
    input: INPUT,
    at: 'containerDefinitions[].logConfiguration',
    fields: {
      logDriver: works('LogConfig.Type', seen('logConfiguration', 'one app')),
      options: works('LogConfig.Config', seen('logConfiguration', 'one app')),
      secretOptions: adapted('LogConfig.Config, read from a source when applied: docs/secrets.md', SHOWN),
    },
    refusedValues: {
      secretOptions: [
        {
          ...NAMES_AWS,
          isIn: found => isOfAws(member(found, 'valueFrom')),
          instead: 'Name a source: env:NAME, file:PATH, age:PATH#KEY or exec:COMMAND.',
        },
      ],
    },
  },
  {
    name: 'FirelensConfiguration',
    input: INPUT,
    at: 'containerDefinitions[].firelensConfiguration',
    fields: {
      type: works(
        'fluentbit or fluentd: the form of the configuration that is written for it',
        inFirelens(ROUTES),
      ),
      options: works(
        'enable-ecs-log-metadata, and a configuration of its own that is included',
        inFirelens(ROUTES),
      ),
    },
    refusedValues: {
      options: [
        {
          value: 's3',
          isIn: found => member(found, 'config-file-type') === 's3',
          why: 'S3 is not reached from here',
          instead: 'Put the file into the image or a volume, with "config-file-type": "file".',
        },
      ],
    },
  },
  {
    name: 'Ulimit',
    input: INPUT,
    at: 'containerDefinitions[].ulimits[]',
    fields: {
      name: works('Ulimits[].Name', seen('ulimits', 'one app')),
      softLimit: works('Ulimits[].Soft', seen('ulimits', 'one app')),
      hardLimit: works('Ulimits[].Hard', seen('ulimits', 'one app')),
    },
  },
  {
    name: 'Secret',
    input: INPUT,
    at: 'containerDefinitions[].secrets[]',
    fields: {
      name: works('the name of the variable or file', SECRETS),
      valueFrom: adapted('a source: env:NAME, file:PATH, age:PATH#KEY, exec:COMMAND', SECRETS),
    },
  },
  {
    name: 'RepositoryCredentials',
    input: INPUT,
    at: 'containerDefinitions[].repositoryCredentials',
    fields: {
      credentialsParameter: adapted('a source of JSON with username and password', SECRETS),
    },
  },
  {
    name: 'EnvironmentFile',
    input: INPUT,
    at: 'containerDefinitions[].environmentFiles[]',
    fields: {
      value: adapted('a path relative to the folder of the document', SECRETS),
      type: adapted('file', SECRETS),
    },
  },
  {
    name: 'KeyValuePair',
    input: INPUT,
    at: 'containerDefinitions[].environment[]',
    fields: {
      name: works('Config.Env NAME=VALUE', seen('environment')),
      value: works('Config.Env NAME=VALUE', seen('environment')),
    },
  },
  {
    name: 'MountPoint',
    input: INPUT,
    at: 'containerDefinitions[].mountPoints[]',
    fields: {
      sourceVolume: works('the source of HostConfig.Binds', seen('mountPoints')),
      containerPath: works('its target', seen('mountPoints')),
      readOnly: works('its end :ro', seen('mountPoints')),
    },
  },
  {
    name: 'VolumeFrom',
    input: INPUT,
    at: 'containerDefinitions[].volumesFrom[]',
    fields: {
      sourceContainer: works('HostConfig.VolumesFrom', seen('volumesFrom', 'pair app')),
      readOnly: works('its end :ro', seen('volumesFrom', 'pair app')),
    },
  },
  {
    name: 'HostEntry',
    input: INPUT,
    at: 'containerDefinitions[].extraHosts[]',
    fields: {
      hostname: works('HostConfig.ExtraHosts NAME:ADDRESS', seen('extraHosts', 'one app')),
      ipAddress: works('HostConfig.ExtraHosts NAME:ADDRESS', seen('extraHosts', 'one app')),
    },
  },
  {
    name: 'SystemControl',
    input: INPUT,
    at: 'containerDefinitions[].systemControls[]',
    fields: {
      namespace: works('the key in HostConfig.Sysctls', seen('systemControls', 'one app')),
      value: works('its value', seen('systemControls', 'one app')),
    },
  },
]
