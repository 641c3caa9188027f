import { expect, it } from 'vitest'
import type {
  ContainerDefinition,
  TaskDefinition,
} from '../../../engine/desired-state/desired-state.generated.ts'
import { withDefaults } from '../../../engine/desired-state/minimal.ts'
import { demandOf, portKey } from '../../../engine/scheduler/demand.ts'

function container(name: string, more: Partial<ContainerDefinition>): ContainerDefinition {
  return withDefaults('ContainerDefinition', { name, image: 'nginx', ...more })
}

function task(
  networkMode: TaskDefinition['networkMode'],
  ...containerDefinitions: ContainerDefinition[]
): TaskDefinition {
  return withDefaults('TaskDefinition', { networkMode, containerDefinitions })
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
  const asked = [...portMappings, { containerPort: 54, hostPort: 54, protocol: 'udp' as const }]
  expect(demandOf(task('none', container('a', { portMappings: asked }))).ports).toEqual([])
})

it('demandOf_a_range_is_ports_in_a_row_on_the_bridge_alone', () => {
  const portMappings = [{ containerPortRange: '8000-8009', protocol: 'udp' as const }]
  const demand = (mode: 'bridge' | 'host' | 'awsvpc') =>
    demandOf(task(mode, container('a', { portMappings })))
  expect(demand('bridge')).toMatchObject({ ports: [], ranges: [{ size: 10, protocol: 'udp' }] })
  expect(demand('host').ranges).toBeUndefined()
  expect(demand('awsvpc').ranges).toBeUndefined()
})

it('demandOf_sums_the_gpus_and_all_is_all_whatever_the_others_need', () => {
  const gpus = (...values: string[]) =>
    demandOf(
      task(
        'bridge',
        ...values.map(value => container(value, { resourceRequirements: [{ type: 'GPU', value }] })),
      ),
    ).gpus
  expect([gpus('1', '2'), gpus('ALL', '1'), gpus('1', 'ALL'), gpus()]).toEqual([3, 'ALL', 'ALL', undefined])
})

it('portKey_of_two_ports_is_never_the_same', () => {
  const ports = [79, 80, 81, 82, 160, 161].flatMap(hostPort =>
    (['tcp', 'udp'] as const).map(protocol => portKey({ hostPort, protocol })),
  )
  expect(new Set(ports).size).toBe(ports.length)
})

it('demandOf_a_task_with_a_size_of_its_own_is_that_size', () => {
  const containers = [container('a', { cpu: 100, memory: 512 })]
  const sized = (cpu: string, memory: string) => demandOf({ ...task('bridge', ...containers), cpu, memory })
  expect(sized('256', '1024')).toEqual({ cpu: 256, memoryMiB: 1024, ports: [] })
  expect(sized('.5 vCPU', '1.5GB')).toEqual({ cpu: 512, memoryMiB: 1536, ports: [] })
  expect(sized('1 vcpu', '2 gb')).toEqual({ cpu: 1024, memoryMiB: 2048, ports: [] })
})
