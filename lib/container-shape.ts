import type { ContainerDefinitionOptions } from './container-definition.ts'
import type { ContainerDependencyCondition } from './container-dependency.ts'
import { ContainerImage, type VersionConsistency } from './container-image.ts'
import type { SystemControl, Ulimit, UlimitName, VolumeFrom } from './container-settings.ts'
import { Duration } from './duration.ts'
import type {
  FirelensConfig,
  FirelensConfigFileType,
  FirelensLogRouterType,
  FirelensOptions,
} from './firelens.ts'
import type { HealthCheck } from './health-check.ts'
import { LinuxParameters } from './linux-parameters.ts'
import { LogDriver } from './log-driver.ts'
import type { AppProtocol, PortMapping, Protocol } from './port-mapping.ts'
import { EnvironmentFile } from './secret.ts'
import { SECRET } from './secret-shape.ts'
import {
  either,
  flag,
  instance,
  list,
  map,
  number,
  props,
  required,
  type Shapes,
  text,
  textMap,
  texts,
  unquoted,
  word,
} from './shape.ts'
import type { MountPoint } from './volume.ts'

export const DURATION = instance(Duration, 'Duration.seconds(30)')
export const ENVIRONMENT_FILES = unquoted(
  list(instance(EnvironmentFile, "EnvironmentFile.fromAsset('web.env')")),
)
export const GPU_COUNT = either(number, word<'ALL'>({ ALL: true }))
const IMAGE = instance(ContainerImage, "ContainerImage.fromRegistry('nginx:1.29')")

export const PORT_MAPPING = props<PortMapping>(
  {
    appProtocol: word<AppProtocol>({ http: true, http2: true, grpc: true }),
    containerPort: number,
    containerPortRange: text,
    hostPort: number,
    name: text,
    protocol: word<Protocol>({ tcp: true, udp: true }),
  },
  'an object, such as { containerPort: 80 }',
)

const HEALTH_CHECK = props<HealthCheck>(
  {
    command: required(texts),
    interval: DURATION,
    retries: number,
    startPeriod: DURATION,
    timeout: DURATION,
  },
  "an object, such as { command: ['CMD-SHELL', 'curl -fs localhost'] }",
)

export const ULIMIT = props<Ulimit>({
  name: required(
    word<UlimitName>({
      core: true,
      cpu: true,
      data: true,
      fsize: true,
      locks: true,
      memlock: true,
      msgqueue: true,
      nice: true,
      nofile: true,
      nproc: true,
      rss: true,
      rtprio: true,
      rttime: true,
      sigpending: true,
      stack: true,
    }),
  ),
  softLimit: required(number),
  hardLimit: required(number),
})

const SYSTEM_CONTROL = props<SystemControl>({ namespace: required(text), value: required(text) })

export const VOLUME_FROM = props<VolumeFrom>({ sourceContainer: required(text), readOnly: flag })

export const MOUNT_POINT = props<MountPoint>({
  sourceVolume: required(text),
  containerPath: required(text),
  readOnly: flag,
})

const FIRELENS_CONFIG = props<FirelensConfig>({
  type: required(word<FirelensLogRouterType>({ fluentbit: true, fluentd: true })),
  options: props<FirelensOptions>({
    enableECSLogMetadata: flag,
    configFileType: word<FirelensConfigFileType>({ file: true }),
    configFileValue: text,
  }),
})

export const CONDITION = word<ContainerDependencyCondition>({
  START: true,
  COMPLETE: true,
  SUCCESS: true,
  HEALTHY: true,
})

export const CONTAINER_DEFINITION_OPTIONS: Shapes<ContainerDefinitionOptions> = {
  command: texts,
  containerName: text,
  cpu: number,
  disableNetworking: flag,
  dnsSearchDomains: texts,
  dnsServers: texts,
  dockerLabels: textMap,
  dockerSecurityOptions: texts,
  enableRestartPolicy: flag,
  entryPoint: texts,
  environment: textMap,
  environmentFiles: ENVIRONMENT_FILES,
  essential: flag,
  extraHosts: textMap,
  firelensConfig: FIRELENS_CONFIG,
  gpuCount: GPU_COUNT,
  healthCheck: HEALTH_CHECK,
  hostname: text,
  image: required(IMAGE),
  interactive: flag,
  linuxParameters: instance(LinuxParameters),
  logging: instance(LogDriver, 'LogDrivers.jsonFile()'),
  memoryLimitMiB: number,
  memoryReservationMiB: number,
  portMappings: list(PORT_MAPPING, 'a list, such as [{ containerPort: 80 }]'),
  privileged: flag,
  pseudoTerminal: flag,
  readonlyRootFilesystem: flag,
  restartAttemptPeriod: DURATION,
  restartIgnoredExitCodes: list(number),
  secrets: map(SECRET, "an object, such as { NAME: Secret.fromEnv('NAME') }"),
  startTimeout: DURATION,
  stopTimeout: DURATION,
  systemControls: list(SYSTEM_CONTROL),
  ulimits: list(ULIMIT),
  user: text,
  versionConsistency: word<VersionConsistency>({ enabled: true, disabled: true }),
  workingDirectory: text,
}
