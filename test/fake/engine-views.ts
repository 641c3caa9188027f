import { isUp } from './lifecycle.ts'
import { rfc3339 } from './time.ts'
import type { World } from './world.ts'

/** Which engine a fake host says that it is. */
export interface EngineDescription {
  /** Default: 20.10.24. */
  version: string
  /** The newest API that it speaks. Default: 1.41. */
  apiVersion: string
  /** The oldest. Default: 1.12. */
  minApiVersion: string
  /** x86_64 or aarch64. */
  architecture: string
  /** Cores. */
  cpus: number
  memoryBytes: number
}

/** GET /version. */
export function versionView(engine: EngineDescription) {
  return {
    Platform: { Name: '' },
    Components: [{ Name: 'Engine', Version: engine.version, Details: { ApiVersion: engine.apiVersion } }],
    Version: engine.version,
    ApiVersion: engine.apiVersion,
    MinAPIVersion: engine.minApiVersion,
    Os: 'linux',
    Arch: engine.architecture === 'aarch64' ? 'arm64' : 'amd64',
    KernelVersion: '6.1.0',
  }
}

/** GET /info. */
export function infoView(world: World, engine: EngineDescription, now: number) {
  const containers = [...world.containers.values()]
  const paused = containers.filter(c => c.status === 'paused').length
  const up = containers.filter(isUp).length
  return {
    ID: world.hostName,
    Name: world.hostName,
    Containers: containers.length,
    ContainersRunning: up - paused,
    ContainersPaused: paused,
    ContainersStopped: containers.length - up,
    Images: world.images.size,
    Driver: 'overlay2',
    LoggingDriver: 'json-file',
    CgroupVersion: '2',
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'none'],
      Log: ['fluentd', 'gelf', 'journald', 'json-file', 'local', 'splunk', 'syslog'],
    },
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsQuota: true,
    SecurityOptions: ['name=seccomp,profile=default'],
    KernelVersion: '6.1.0',
    OperatingSystem: 'Fake Linux',
    OSType: 'linux',
    Architecture: engine.architecture,
    NCPU: engine.cpus,
    MemTotal: engine.memoryBytes,
    ServerVersion: engine.version,
    SystemTime: rfc3339(now),
    DockerRootDir: '/var/lib/docker',
    Swarm: { LocalNodeState: 'inactive' },
    LiveRestoreEnabled: false,
    Labels: [],
    Warnings: null,
  }
}
