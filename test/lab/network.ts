import { findCommand, run } from './command.ts'

/** The subnet of a lab as its first three numbers; the machine itself is .1, hosts follow. */
export function subnetOf(lab: number): string {
  return `10.213.${lab}`
}

/** The machine's own address inside the lab. */
export function gatewayOf(lab: number): string {
  return `${subnetOf(lab)}.1`
}

/** The address of host 1, 2, … of a lab. */
export function ipOf(lab: number, host: number): string {
  return `${subnetOf(lab)}.${host + 1}`
}

/** The bridge's name on the machine. */
export function bridgeOf(lab: number): string {
  return `stow${lab}`
}

/** The machine's end of a host's cable. */
function cableOf(lab: number, host: number): string {
  return `stow${lab}h${host}`
}

/** Resolves to the test whether neither an interface nor a route of this machine stands in a lab number's way. */
export async function freeSubnets(): Promise<(lab: number) => boolean> {
  const [links, routes] = await Promise.all([
    run('ip', ['-o', 'link']),
    run('ip', ['route', 'show', 'table', 'all']),
  ])
  return lab => !links.includes(` ${bridgeOf(lab)}:`) && !`\n${routes}`.match(`\\s${subnetOf(lab)}[.]`)
}

/** Makes the bridge of a lab and lets its traffic through the machine's own packet filter. */
export async function raiseBridge(lab: number): Promise<void> {
  const bridge = bridgeOf(lab)
  // a fixed address: a bridge otherwise changes its own with the ports that come and go
  await ipBatch([
    `link add ${bridge} address ${macOf(lab, 0)} type bridge`,
    `addr add ${gatewayOf(lab)}/24 dev ${bridge}`,
    `link set ${bridge} up`,
  ])
  // bridge-nf-call-iptables sends what crosses a bridge through FORWARD, which Docker's own policy drops
  for (const rule of rulesOf(lab)) await run('iptables', ['-w', '-I', ...rule])
}

/** Lays a cable between the bridge and the network namespace of a process, where it becomes eth0. */
export async function connectHost(lab: number, host: number, namespacePid: number): Promise<void> {
  const cable = cableOf(lab, host)
  await ipBatch([
    `link add ${cable} type veth peer name eth0 netns ${namespacePid}`,
    `link set ${cable} master ${bridgeOf(lab)} up`,
  ])
  // a fixed address, so that after a reboot nobody sends to the old one
  const inside = [
    'link set lo up',
    `link set eth0 address ${macOf(lab, host)} up`,
    `addr add ${ipOf(lab, host)}/24 dev eth0`,
  ]
  await run('nsenter', ['-t', String(namespacePid), '-n', 'ip', '-batch', '-'], { input: lines(inside) })
}

/** Pulls the cable out or puts it back; what is on the host goes on. */
export async function switchCable(lab: number, host: number, state: 'up' | 'down'): Promise<void> {
  await run('ip', ['link', 'set', cableOf(lab, host), state])
}

/** Takes a host's cable away; none there is well too. */
export async function removeCable(lab: number, host: number): Promise<void> {
  await run('ip', ['link', 'del', cableOf(lab, host)]).catch(() => {})
}

/** Takes away all that a lab added to the machine's network, whether or not it is all there. */
export async function removeNetwork(lab: number): Promise<void> {
  const links = (await run('ip', ['-o', 'link'])).matchAll(/^\d+: ([^:@]+)/gm)
  const isOurs = (name: string) => name === bridgeOf(lab) || new RegExp(`^${bridgeOf(lab)}h\\d+$`).test(name)
  for (const [, name = ''] of links) {
    // the kernel may take a cable away by itself between the list and the command
    if (isOurs(name)) await run('ip', ['link', 'del', name]).catch(() => {})
  }
  if (findCommand('iptables') === undefined) return
  for (const rule of rulesOf(lab)) {
    const removed = () =>
      run('iptables', ['-w', '-D', ...rule]).then(
        () => true,
        () => false,
      )
    while (await removed()) continue
  }
}

function ipBatch(commands: readonly string[]): Promise<string> {
  return run('ip', ['-batch', '-'], { input: lines(commands) })
}

function lines(commands: readonly string[]): string {
  return commands.map(command => `${command}\n`).join('')
}

function rulesOf(lab: number): string[][] {
  const bridge = bridgeOf(lab)
  const accept = ['-m', 'comment', '--comment', `stowage-lab-${lab}`, '-j', 'ACCEPT']
  return [
    ['FORWARD', '-i', bridge, '-o', bridge, ...accept],
    ['INPUT', '-i', bridge, ...accept],
  ]
}

function macOf(lab: number, host: number): string {
  const hex = (number: number) => number.toString(16).padStart(2, '0')
  return `02:53:74:6f:${hex(lab)}:${hex(host)}`
}
