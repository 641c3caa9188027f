import { expect, it } from 'vitest'
import type {
  ContainerDefinition,
  TaskDefinition,
} from '../../../engine/desired-state/desired-state.generated.ts'
import { demandOf } from '../../../engine/scheduler/demand.ts'

function container(name: string, more: Partial<ContainerDefinition>): ContainerDefinition {
  return {
    name,
    image: 'nginx',
    environment: [],
    cpu: 0,
    portMappings: [],
    essential: true,
    dependsOn: [],
    stopTimeout: 30,
    dockerLabels: {},
    mountPoints: [],
    secrets: [],
    environmentFiles: [],
    ...more,
  }
}

function task(
  networkMode: TaskDefinition['networkMode'],
  ...containers: ContainerDefinition[]
): TaskDefinition {
  return { networkMode, containerDefinitions: containers, volumes: [], placementConstraints: [] }
}

it('demandOf_sums_the_containers_and_prefers_the_soft_limit', () => {
  const demand = demandOf(
    task(
      'bridge',
      container('a', { cpu: 100, memory: 512, memoryReservation: 128 }),
      container('b', { cpu: 28, memory: 64 }),
      container('c', {}),
    ),
  )
  expect(demand).toEqual({ cpu: 128, memoryMiB: 192, ports: [] })
})

it('demandOf_takes_fixed_host_ports_once', () => {
  const portMappings = [
    { containerPort: 80, hostPort: 8080, protocol: 'tcp' as const },
    { containerPort: 81, hostPort: 8080, protocol: 'tcp' as const },
    { containerPort: 82, hostPort: 8080, protocol: 'udp' as const },
    { containerPort: 83, hostPort: 0, protocol: 'tcp' as const },
    { containerPort: 84, protocol: 'tcp' as const },
  ]
  expect(demandOf(task('bridge', container('a', { portMappings }))).ports).toEqual([
    { hostPort: 8080, protocol: 'tcp' },
    { hostPort: 8080, protocol: 'udp' },
  ])
})

it('demandOf_on_the_host_network_takes_the_container_ports', () => {
  const portMappings = [{ containerPort: 53, protocol: 'udp' as const }]
  expect(demandOf(task('host', container('a', { portMappings }))).ports).toEqual([
    { hostPort: 53, protocol: 'udp' },
  ])
  expect(demandOf(task('none', container('a', { portMappings }))).ports).toEqual([])
})
