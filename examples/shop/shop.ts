import { Construct } from 'constructs'
import {
  ContainerImage,
  Duration,
  LogDrivers,
  NetworkMode,
  PlacementConstraint,
  PlacementStrategy,
  RunTask,
  Scope,
  Service,
  TaskDefinition,
} from 'stowage'

export interface ShopProps {
  readonly version: string
  readonly webCount: number
  readonly workerCount: number
}

const logging = LogDrivers.jsonFile({ maxSize: '10m', maxFile: 3 })

/** The whole shop: web servers, workers, a cache, and an agent on each host. The same in each cluster but for its size. */
export class Shop extends Construct {
  constructor(scope: Construct, id: string, { version, webCount, workerCount }: ShopProps) {
    super(scope, id)
    const image = ContainerImage.fromRegistry(`registry.example.net/shop:${version}`)
    const migrate = this.#migrate(image)
    const cache = this.#cache()
    this.#web(image, webCount).addDependency(migrate, cache)
    this.#worker(image, workerCount).addDependency(migrate, cache)
    this.#agent()
  }

  /** Brings the schema of the database up to date, once for each version, before anything of it starts. */
  #migrate(image: ContainerImage): RunTask {
    const task = new TaskDefinition(this, 'migrate')
    task.addContainer('migrate', { image, command: ['bin/migrate'], memoryLimitMiB: 256, logging })
    return new RunTask(this, 'migrate', { taskDefinition: task })
  }

  /** A web server behind a proxy. */
  #web(image: ContainerImage, desiredCount: number): Service {
    const task = new TaskDefinition(this, 'web', { volumes: [{ name: 'run' }] })
    const server = task.addContainer('server', {
      image,
      command: ['bin/server', '--listen', '/run/shop/server.sock'],
      cpu: 512,
      memoryLimitMiB: 512,
      memoryReservationMiB: 256,
      healthCheck: { command: ['CMD', 'bin/healthy'], startPeriod: Duration.seconds(20) },
      stopTimeout: Duration.minutes(1),
      logging,
    })
    const proxy = task.addContainer('proxy', {
      image: ContainerImage.fromRegistry('nginx:1.29-alpine'),
      memoryLimitMiB: 64,
      portMappings: [{ containerPort: 80, name: 'http' }],
      healthCheck: { command: ['wget -q -O /dev/null http://127.0.0.1/healthz'] },
      logging,
    })
    for (const container of [server, proxy]) {
      container.addMountPoints({ sourceVolume: 'run', containerPath: '/run/shop' })
    }
    proxy.addContainerDependencies({ container: server })
    return new Service(this, 'web', {
      taskDefinition: task,
      desiredCount,
      minHealthyPercent: 75,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      placementStrategies: [PlacementStrategy.spreadAcross('attribute:zone', 'instanceId')],
    })
  }

  /** Workers fill one machine after the other, so that whole machines stay free. */
  #worker(image: ContainerImage, desiredCount: number): Service {
    const task = new TaskDefinition(this, 'worker')
    task.addContainer('worker', {
      image,
      command: ['bin/worker'],
      environment: { QUEUES: 'orders,mails', CONCURRENCY: '8' },
      cpu: 256,
      memoryLimitMiB: 512,
      // it ends the job in hand first
      stopTimeout: Duration.minutes(5),
      logging,
    })
    return new Service(this, 'worker', {
      taskDefinition: task,
      desiredCount,
      minHealthyPercent: 50,
      placementStrategies: [PlacementStrategy.packedByMemory()],
    })
  }

  /** One cache, where there is an SSD; its data outlives its tasks. */
  #cache(): Service {
    const task = new TaskDefinition(this, 'cache', {
      volumes: [
        { name: 'cache-data', dockerVolumeConfiguration: { scope: Scope.SHARED, autoprovision: true } },
      ],
      placementConstraints: [PlacementConstraint.memberOf('attribute:disk == ssd')],
    })
    const redis = task.addContainer('redis', {
      image: ContainerImage.fromRegistry('redis:8-alpine'),
      memoryLimitMiB: 1024,
      portMappings: [{ containerPort: 6379, hostPort: 6379 }],
      healthCheck: { command: ['CMD', 'redis-cli', 'ping'] },
      logging,
    })
    redis.addMountPoints({ sourceVolume: 'cache-data', containerPath: '/data' })
    // two of them cannot have the port, nor the data: the old one stops before the new one starts
    return new Service(this, 'cache', {
      taskDefinition: task,
      desiredCount: 1,
      minHealthyPercent: 0,
      maxHealthyPercent: 100,
    })
  }

  /** An agent that watches each host, in the host's own network. */
  #agent(): void {
    const task = new TaskDefinition(this, 'agent', {
      networkMode: NetworkMode.HOST,
      volumes: [{ name: 'proc', host: { sourcePath: '/proc' } }],
    })
    const exporter = task.addContainer('node-exporter', {
      image: ContainerImage.fromRegistry('quay.io/prometheus/node-exporter:v1.9.1'),
      command: ['--path.procfs=/host/proc'],
      memoryLimitMiB: 64,
      portMappings: [{ containerPort: 9100 }],
      logging,
    })
    exporter.addMountPoints({ sourceVolume: 'proc', containerPath: '/host/proc', readOnly: true })
    new Service(this, 'agent', { taskDefinition: task, daemon: true })
  }
}
