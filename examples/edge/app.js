import { readFileSync } from 'node:fs'
import {
  App,
  Cluster,
  ContainerImage,
  NetworkMode,
  PlacementConstraint,
  Service,
  TaskDefinition,
} from 'stowage'

/** @type {Record<string, import('stowage').ContainerInstanceProps>} */
const boxes = JSON.parse(readFileSync(new URL('boxes.json', import.meta.url), 'utf8'))

const app = new App()
const edge = new Cluster(app, 'edge')
for (const [name, box] of Object.entries(boxes)) edge.addContainerInstance(name, box)

// on every box, reached under the box's own address
const gateway = new TaskDefinition(edge, 'gateway', { networkMode: NetworkMode.HOST })
gateway.addContainer('mosquitto', {
  image: ContainerImage.fromRegistry('eclipse-mosquitto:2.0'),
  memoryLimitMiB: 64,
  portMappings: [{ containerPort: 1883 }],
})
new Service(edge, 'gateway', { taskDefinition: gateway, daemon: true })

// only where it can run at all
const vision = new TaskDefinition(edge, 'vision')
vision.addContainer('model', {
  image: ContainerImage.fromRegistry('registry.example.net/vision:7'),
  memoryLimitMiB: 2048,
  portMappings: [{ containerPort: 8080 }],
})
new Service(edge, 'vision', {
  taskDefinition: vision,
  daemon: true,
  placementConstraints: [PlacementConstraint.memberOf('attribute:gpu == yes')],
})

app.synth()
