import { parseRange, type PortRange } from '../port-range.ts'

/** The first host port of each range, by the range's own name: "8000-8009/tcp". */
export type HostRanges = Readonly<Record<string, number>>

/** "8000-8009/tcp=" as ten ports, each with its host port; other ports as they are. */
export function withHostRanges(ports: readonly string[], hostRanges: HostRanges = {}): string[] {
  return ports.flatMap(text => {
    const range = rangeIn(text)
    const host = hostRanges[text.slice(0, -1)]
    if (!range || host === undefined) return [text]
    return Array.from({ length: range.last - range.first + 1 }, (_, i) => {
      return `${range.first + i}/${range.protocol}=${host + i}`
    })
  })
}

/** The observed ports with those of a desired range, where they are in a row on the host too, as that range. */
export function asDesiredRanges(actual: readonly string[], desired: readonly string[]): string[] {
  let ports = [...actual]
  for (const text of desired) {
    const range = rangeIn(text)
    const host = range && hostRangeOf(ports, range, range.protocol)
    if (!range || host === undefined) continue
    const own = new Set(withHostRanges([text], { [text.slice(0, -1)]: host }))
    ports = [...ports.filter(p => !own.has(p)), text].sort()
  }
  return ports
}

/** The first host port of a range of a container's ports; undefined where they are not all there, in a row. */
export function hostRangeOf(
  ports: readonly string[],
  { first, last }: PortRange,
  protocol: string,
): number | undefined {
  const hostPorts = new Map(ports.map(p => [p.slice(0, p.indexOf('=')), Number(p.slice(p.indexOf('=') + 1))]))
  const start = hostPorts.get(`${first}/${protocol}`)
  if (!start) return undefined
  for (let port = first; port <= last; port++)
    if (hostPorts.get(`${port}/${protocol}`) !== start + port - first) return undefined
  return start
}

function rangeIn(text: string): (PortRange & { readonly protocol: string }) | undefined {
  const [, ports = '', protocol = ''] = /^(\d+-\d+)\/(tcp|udp)=$/.exec(text) ?? []
  const range = parseRange(ports)
  return range && { ...range, protocol }
}
