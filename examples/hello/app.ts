import { App, Cluster, ContainerImage, Duration, PlacementStrategy, Service, TaskDefinition } from 'stowage'

// Your own hosts: HELLO_HOSTS=ssh://root@203.0.113.1,ssh://root@203.0.113.2 stowage diff
const hosts = process.env.HELLO_HOSTS ?? 'ssh://root@host-1,ssh://root@host-2,ssh://root@host-3'
const image = process.env.HELLO_IMAGE ?? 'nginx'
const version = process.env.HELLO_VERSION ?? '1.29-alpine'
const agentImage = process.env.HELLO_AGENT_IMAGE ?? 'busybox:1.37'

const app = new App()
const hello = new Cluster(app, 'hello')
for (const [i, address] of hosts.split(',').entries()) {
  // unix:///var/run/docker.sock is this machine's own Docker
  const name = address.startsWith('unix:') ? 'local' : `host-${i + 1}`
  hello.addContainerInstance(name, { address, attributes: { zone: i % 2 === 0 ? 'a' : 'b' } })
}

// Six copies of a web server. Docker chooses their host ports; `stowage ps` shows them.
const web = new TaskDefinition(hello, 'web')
web.addContainer('server', {
  image: ContainerImage.fromRegistry(`${image}:${version}`),
  memoryLimitMiB: 64,
  portMappings: [{ containerPort: 80 }],
  healthCheck: {
    command: ['CMD-SHELL', 'wget -q -O /dev/null http://127.0.0.1/'],
    interval: Duration.seconds(5),
    timeout: Duration.seconds(2),
  },
})
new Service(hello, 'web', {
  taskDefinition: web,
  desiredCount: 6,
  // a new version: never fewer than 3 healthy tasks, never more than 9
  minHealthyPercent: 50,
  maxHealthyPercent: 150,
  circuitBreaker: { rollback: true },
  placementStrategies: [PlacementStrategy.spreadAcrossInstances()],
})

// One task on every host, also on those that you add later.
const agent = new TaskDefinition(hello, 'agent')
agent.addContainer('load', {
  image: ContainerImage.fromRegistry(agentImage),
  command: ['sh', '-c', 'trap "exit 0" TERM; while :; do cat /proc/loadavg; sleep 60 & wait $!; done'],
  memoryLimitMiB: 16,
})
new Service(hello, 'agent', { taskDefinition: agent, daemon: true })

app.synth()
