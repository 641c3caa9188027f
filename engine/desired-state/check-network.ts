import { linkOf } from '../dependencies.ts'
import { closest } from './closest.ts'
import type { ContainerDefinition, TaskDefinition } from './desired-state.generated.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'
import { repeated } from './repeated.ts'

/** What a container says of names and addresses, where the schema cannot tell whether it makes sense. */
export function checkNetwork(
  at: string,
  container: ContainerDefinition,
  task: TaskDefinition,
): DocumentProblem[] {
  return [
    ...checkAddresses(at, container),
    ...checkAwsvpc(at, container, task),
    ...checkLinks(at, container, task),
    ...(container.disableNetworking && container.portMappings.length > 0
      ? [documentProblem(pointer(at, 'portMappings'), 'a container with disableNetworking has no ports')]
      : []),
  ]
}

/** As ECS has it: these belong to the address, which is the task's and not the container's. */
function checkAwsvpc(
  at: string,
  container: ContainerDefinition,
  { networkMode }: TaskDefinition,
): DocumentProblem[] {
  if (networkMode !== 'awsvpc') return []
  const { hostname, extraHosts, dnsServers, dnsSearchDomains, disableNetworking } = container
  const given = {
    hostname: hostname !== undefined,
    extraHosts: extraHosts.length > 0,
    dnsServers: dnsServers.length > 0,
    dnsSearchDomains: dnsSearchDomains.length > 0,
    disableNetworking,
  }
  return Object.entries(given).flatMap(([field, isGiven]) =>
    isGiven ? [documentProblem(pointer(at, field), 'is not for network mode awsvpc')] : [],
  )
}

function checkAddresses(at: string, { dnsServers, extraHosts }: ContainerDefinition): DocumentProblem[] {
  return [
    ...dnsServers.flatMap((address, i) =>
      isIpAddress(address)
        ? []
        : [documentProblem(pointer(at, 'dnsServers', i), `must be an IP address, not ${quote(address)}`)],
    ),
    ...extraHosts.flatMap(({ ipAddress }, i) =>
      ipAddress === 'host-gateway' || isIpAddress(ipAddress)
        ? []
        : [
            documentProblem(
              pointer(at, 'extraHosts', i, 'ipAddress'),
              `must be an IP address or host-gateway, not ${quote(ipAddress)}`,
            ),
          ],
    ),
  ]
}

function checkLinks(
  at: string,
  { name, links, disableNetworking }: ContainerDefinition,
  { networkMode, containerDefinitions }: TaskDefinition,
): DocumentProblem[] {
  const here = pointer(at, 'links')
  if (links.length === 0) return []
  if (networkMode !== 'bridge')
    return [documentProblem(here, `links are for network mode bridge, not ${networkMode}`)]
  if (disableNetworking) return [documentProblem(here, 'a container with disableNetworking has no links')]
  const names = containerDefinitions.map(c => c.name)
  const targets = links.map(linkOf)
  return [
    ...targets.flatMap(({ container }, i) => {
      if (container === name) return [documentProblem(pointer(here, i), 'a container cannot link to itself')]
      if (names.includes(container)) return []
      const message = `no container of this task is named ${quote(container)}`
      return [documentProblem(pointer(here, i), message, closest(container, names))]
    }),
    ...repeated(targets.map(t => t.alias)).map(i =>
      documentProblem(pointer(here, i), 'another link has this alias'),
    ),
  ]
}

/** Whether a text is an address of IPv4 or IPv6. */
export function isIpAddress(text: string): boolean {
  const parts = text.split('.')
  if (parts.length === 4 && !text.includes(':'))
    return parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  return text.includes(':') && /^[\da-fA-F:.]{2,45}$/.test(text) && URL.canParse(`http://[${text}]`)
}
