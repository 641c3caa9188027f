import { adapted, type EcsShape, refused, shown, works } from './field.ts'
import { isOfAws, member, NAMES_AWS, sourcesFor } from './names-aws.ts'
import { decided, inFirelens, inSecrets, ROUTES, inTasks, seen } from './tests.ts'

/** ContainerDefinition. */
export const CONTAINER_DEFINITION: EcsShape = {
  name: 'ContainerDefinition',
  input: 'task definition',
  at: 'containerDefinitions[]',
  fields: {
    name: works('the end of the container’s name; label com.amazonaws.ecs.container-name', seen('name')),
    image: works('Config.Image, by the digest that the tag stood for', seen('image')),
    repositoryCredentials: adapted(
      'the login of the pull; credentialsParameter is a source of stowage’s',
      inSecrets('are where the container looks for them, for a user that is not root'),
    ),
    cpu: works('HostConfig.CpuShares (at least 2), and reserved when placing', seen('cpu')),
    memory: works('HostConfig.Memory', seen('memory')),
    memoryReservation: works(
      'HostConfig.MemoryReservation; reserved when placing',
      seen('memoryReservation'),
    ),
    links: works('HostConfig.Links', seen('links', 'pair app')),
    portMappings: works('HostConfig.PortBindings', seen('portMappings')),
    essential: works(
      'the task stands and falls with it; Docker restarts it',
      inTasks('an essential container that ends is started again by Docker, and the others run on'),
    ),
    restartPolicy: works(
      'Docker’s own restart policy where that can hold it, else whenever apply looks: docs/tasks.md',
      inTasks('a restart policy starts a container again after every exit code but the ignored ones'),
    ),
    entryPoint: works('Config.Entrypoint', seen('entryPoint')),
    command: works('Config.Cmd', seen('command')),
    environment: works('Config.Env', seen('environment')),
    environmentFiles: adapted(
      'files of the machine that applies, in the place of S3',
      inSecrets('are where the container looks for them, for a user that is not root'),
    ),
    mountPoints: works('HostConfig.Binds', seen('mountPoints')),
    volumesFrom: works('HostConfig.VolumesFrom', seen('volumesFrom', 'pair app')),
    linuxParameters: works('see LinuxParameters', seen('linuxParameters.initProcessEnabled', 'one app')),
    secrets: adapted(
      'read from a source when applied, not from AWS: docs/secrets.md',
      inSecrets('are where the container looks for them, for a user that is not root'),
    ),
    dependsOn: works(
      'started once each dependency has become what is waited for',
      inTasks('a sidecar is HEALTHY before the app starts'),
    ),
    startTimeout: works(
      'the task has failed when others have waited for it for so long',
      decided(
        'test/engine/reconcile/settings.test.ts',
        'fails the task whose container has not become in time what another waits for',
      ),
    ),
    stopTimeout: works(
      'the t of POST /containers/ID/stop',
      inTasks(
        'a task is stopped in reverse order: each container once those that depend on it have ended, a slow one killed after its own time-out',
      ),
    ),
    versionConsistency: works(
      'enabled: a tag is resolved once for a revision; disabled: whenever tasks are made',
      shown(
        'test/e2e/images.test.ts',
        'is what a further task of a container that follows it runs, and of no other',
      ),
    ),
    hostname: works('Config.Hostname', seen('hostname', 'one app')),
    user: works('Config.User', seen('user')),
    workingDirectory: works('Config.WorkingDir', seen('workingDirectory')),
    disableNetworking: works('Config.NetworkDisabled', seen('disableNetworking', 'alone app')),
    privileged: works(
      'HostConfig.Privileged',
      shown(
        'test/e2e/fields.test.ts',
        'privileged is asked for and read back, also where this machine does not allow it',
      ),
    ),
    readonlyRootFilesystem: works('HostConfig.ReadonlyRootfs', seen('readonlyRootFilesystem', 'one app')),
    dnsServers: works('HostConfig.Dns', seen('dnsServers', 'one app')),
    dnsSearchDomains: works('HostConfig.DnsSearch', seen('dnsSearchDomains', 'one app')),
    extraHosts: works('HostConfig.ExtraHosts', seen('extraHosts', 'one app')),
    dockerSecurityOptions: works('HostConfig.SecurityOpt', seen('dockerSecurityOptions', 'one app')),
    interactive: works('Config.OpenStdin', seen('interactive', 'one app')),
    pseudoTerminal: works('Config.Tty', seen('pseudoTerminal', 'one app')),
    dockerLabels: works('Config.Labels', seen('dockerLabels')),
    ulimits: works('HostConfig.Ulimits', seen('ulimits', 'one app')),
    logConfiguration: works('HostConfig.LogConfig', seen('logConfiguration', 'one app')),
    healthCheck: works('Config.Healthcheck', seen('healthCheck')),
    systemControls: works('HostConfig.Sysctls', seen('systemControls', 'one app')),
    resourceRequirements: works(
      'GPU: HostConfig.DeviceRequests, with ids that no other task has meanwhile',
      shown(
        'test/engine/reconcile/gpus.test.ts',
        'get GPUs of their own',
        'there is no machine with a GPU to test on; test/e2e/fields.test.ts looks at the request and at Docker’s refusal',
      ),
    ),
    firelensConfiguration: adapted(
      'a generated configuration and a socket, as ECS’s agent makes them; Docker’s driver fluentd sends to it',
      inFirelens(ROUTES),
    ),
    credentialSpecs: refused(
      'they are for Active Directory on Windows and on Amazon’s own Linux',
      'Give the container a keytab or a password by secrets.',
    ),
  },
  refusedValues: {
    logConfiguration: [
      {
        value: 'awslogs',
        isIn: found => member(found, 'logDriver') === 'awslogs',
        why: 'CloudWatch is written to with an AWS role, which a host of your own has not',
        instead:
          'Take json-file or local, or a driver that your log server takes: fluentd, gelf, syslog, splunk. Without logConfiguration it is the Docker daemon’s.',
      },
    ],
    secrets: [
      {
        ...NAMES_AWS,
        isIn: found => isOfAws(member(found, 'valueFrom')),
        instead:
          'Name a source: env:NAME, file:PATH, age:PATH#KEY or exec:COMMAND; exec:aws secretsmanager get-secret-value --secret-id ID --query SecretString --output text keeps it at AWS.',
        insteadOf: sourcesFor,
      },
    ],
    repositoryCredentials: [
      {
        ...NAMES_AWS,
        isIn: found => isOfAws(member(found, 'credentialsParameter')),
        instead:
          'Name a source of JSON with username and password, or docker login on the machine that applies.',
      },
    ],
    resourceRequirements: [
      {
        value: 'InferenceAccelerator',
        isIn: found => member(found, 'type') === 'InferenceAccelerator',
        why: 'Elastic Inference is a service of AWS, which has ended it',
        instead: 'Leave it out, or ask for GPUs.',
      },
      {
        value: 'NeuronDevice',
        isIn: found => member(found, 'type') === 'NeuronDevice',
        why: 'Neuron devices are in instances of EC2 alone',
        instead:
          'Give the container the device itself by linuxParameters.devices, and place it by an attribute.',
      },
    ],
    environmentFiles: [
      {
        value: 's3',
        isIn: found => member(found, 'type') === 's3' || String(member(found, 'value')).startsWith('arn:'),
        why: 'S3 is not reached from here',
        instead: 'Put the file beside the document, with "type": "file" and its path as the value.',
      },
    ],
    dockerSecurityOptions: [
      {
        value: 'credentialspec',
        isIn: found => typeof found === 'string' && /^credentialspec[:=]/.test(found),
        why: 'it is for Windows containers',
        instead: 'Leave it out.',
      },
    ],
  },
}
