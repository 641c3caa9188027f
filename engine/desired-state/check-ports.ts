import { overlap, parseRange, rangeOf } from '../port-range.ts'
import type { ContainerDefinition, TaskDefinition } from './desired-state.generated.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'
import { repeated } from './repeated.ts'

type PortMapping = ContainerDefinition['portMappings'][number]

/** ECS's limit of a container. */
const RANGES_MAX = 100

/** What is wrong with the ports of one container. */
export function checkPortMappings(
  at: string,
  { portMappings }: ContainerDefinition,
  { networkMode }: TaskDefinition,
): DocumentProblem[] {
  if (networkMode === 'none' && portMappings.length > 0)
    return [documentProblem(pointer(at, 'portMappings'), 'network mode none has no ports')]
  const here = (i: number) => pointer(at, 'portMappings', i)
  const problems = portMappings.flatMap((mapping, i) => checkOne(here(i), mapping, networkMode))
  const named = portMappings.flatMap((p, i) => (p.name === undefined ? [] : [{ name: p.name, i }]))
  const twice = repeated(named.map(p => p.name)).flatMap(k => {
    const taken = named[k]
    return taken
      ? [documentProblem(pointer(here(taken.i), 'name'), 'another port of this container has this name')]
      : []
  })
  return [
    ...problems,
    ...checkTwice(here, portMappings, networkMode),
    ...checkRanges(at, portMappings),
    ...twice,
  ]
}

function checkOne(at: string, mapping: PortMapping, networkMode: string): DocumentProblem[] {
  const { containerPort, containerPortRange, hostPort, appProtocol, name } = mapping
  const ownsPort = networkMode === 'host' || networkMode === 'awsvpc'
  const problems: DocumentProblem[] = []
  const say = (key: string, message: string) => problems.push(documentProblem(pointer(at, key), message))
  if (containerPort === undefined && containerPortRange === undefined)
    problems.push(documentProblem(at, 'needs containerPort or containerPortRange'))
  if (appProtocol !== undefined && name === undefined) say('appProtocol', 'needs a name of the port')
  if (containerPortRange !== undefined) {
    if (containerPort !== undefined)
      say('containerPortRange', 'is in the place of containerPort, not beside it')
    if (hostPort) say('hostPort', 'a range gets the host ports that are free: leave it out')
    if (networkMode === 'host') say('containerPortRange', 'is for network mode bridge and awsvpc, not host')
    if (!parseRange(containerPortRange))
      say(
        'containerPortRange',
        `must go from one port up to another of at most 65535, not ${quote(containerPortRange)}`,
      )
  } else if (ownsPort && hostPort && hostPort !== containerPort)
    say('hostPort', `must be the container's own port ${containerPort} in network mode ${networkMode}`)
  return problems
}

function checkTwice(
  here: (i: number) => string,
  portMappings: readonly PortMapping[],
  networkMode: string,
): DocumentProblem[] {
  const problems: DocumentProblem[] = []
  /** Of each container port: the protocols that it was mapped with so far, and whether to a free host port. */
  const mapped = new Map<number, { readonly protocols: Set<string>; isFree: boolean }>()
  for (const [i, { containerPort, hostPort, protocol }] of portMappings.entries()) {
    if (containerPort === undefined) continue
    const earlier = mapped.get(containerPort)
    if (earlier && (earlier.protocols.size > 1 || !earlier.protocols.has(protocol)))
      problems.push(
        documentProblem(here(i), `container port ${containerPort} is mapped with another protocol already`),
      )
    else if (networkMode === 'awsvpc' && earlier)
      problems.push(documentProblem(here(i), `container port ${containerPort} is mapped already`))
    else if (networkMode === 'bridge' && !hostPort && earlier?.isFree)
      problems.push(documentProblem(here(i), `container port ${containerPort} has a free host port already`))
    if (!earlier) mapped.set(containerPort, { protocols: new Set([protocol]), isFree: !hostPort })
    else {
      earlier.protocols.add(protocol)
      earlier.isFree ||= !hostPort
    }
  }
  return problems
}

/** A range has its ports for itself, whatever the protocol. */
function checkRanges(at: string, portMappings: readonly PortMapping[]): DocumentProblem[] {
  const all = portMappings.map((p, i) => ({ ...rangeOf(p), i, isRange: p.containerPortRange !== undefined }))
  const ranges = all.filter(p => p.isRange)
  if (ranges.length > RANGES_MAX) {
    const message = `at most ${RANGES_MAX} ranges of ports, not ${ranges.length}`
    return [documentProblem(pointer(at, 'portMappings'), message)]
  }
  return ranges.flatMap(range => {
    const other = all.find(p => p.i !== range.i && (p.i < range.i || !p.isRange) && overlap(p, range))
    if (!other) return []
    const here = pointer(at, 'portMappings', range.i, 'containerPortRange')
    return [documentProblem(here, `overlaps with ${pointer(at, 'portMappings', other.i)}`)]
  })
}
