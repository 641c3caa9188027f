import { expect, it } from 'vitest'
import { parseDesiredState } from '../../../engine/desired-state/parse.ts'

function problems(container: object, task: object = {}, more: readonly object[] = []): string[] {
  const parsed = parseDesiredState({
    schemaVersion: 1,
    cluster: 'c',
    taskDefinitions: {
      app: { ...task, containerDefinitions: [{ name: 'app', image: 'a', ...container }, ...more] },
    },
  })
  return parsed.ok
    ? []
    : parsed.problems.map(p => `${p.pointer.slice('/taskDefinitions/app'.length)} ${p.message}`)
}

const APP = '/containerDefinitions/0'
const SIDE = { name: 'side', image: 's' }

it.each<[string, object, object, string]>([
  ['dnsServers', { dnsServers: ['dns'] }, {}, `${APP}/dnsServers/0 must be an IP address, not "dns"`],
  [
    'extraHosts',
    { extraHosts: [{ hostname: 'h', ipAddress: '1.2.3' }] },
    {},
    `${APP}/extraHosts/0/ipAddress must be an IP address or host-gateway, not "1.2.3"`,
  ],
  [
    'disableNetworking',
    { disableNetworking: true, portMappings: [{ containerPort: 80 }] },
    {},
    `${APP}/portMappings a container with disableNetworking has no ports`,
  ],
  [
    'no name of an image',
    { image: 'nginx :1' },
    {},
    `${APP}/image must be the name of an image, not "nginx :1": a blank is in it (container app)`,
  ],
  ['no port', { portMappings: [{}] }, {}, `${APP}/portMappings/0 needs containerPort or containerPortRange`],
  [
    'a port and a range',
    { portMappings: [{ containerPort: 1, containerPortRange: '5-6' }] },
    {},
    `${APP}/portMappings/0/containerPortRange is in the place of containerPort, not beside it`,
  ],
  [
    'a range that goes down',
    { portMappings: [{ containerPortRange: '6-5' }] },
    {},
    `${APP}/portMappings/0/containerPortRange must go from one port up to another of at most 65535, not "6-5"`,
  ],
  [
    'a range with a host port',
    { portMappings: [{ containerPortRange: '5-6', hostPort: 5 }] },
    {},
    `${APP}/portMappings/0/hostPort a range gets the host ports that are free: leave it out`,
  ],
  [
    'a range of the host',
    { portMappings: [{ containerPortRange: '5-6' }] },
    { networkMode: 'host' },
    `${APP}/portMappings/0/containerPortRange is for network mode bridge and awsvpc, not host`,
  ],
  [
    'ranges that overlap',
    { portMappings: [{ containerPortRange: '5-7' }, { containerPortRange: '7-9', protocol: 'udp' }] },
    {},
    `${APP}/portMappings/1/containerPortRange overlaps with ${APP}/portMappings/0`.replace(
      'with /',
      'with /taskDefinitions/app/',
    ),
  ],
  [
    'appProtocol of a port without a name',
    { portMappings: [{ containerPort: 80, appProtocol: 'http' }] },
    {},
    `${APP}/portMappings/0/appProtocol needs a name of the port`,
  ],
  ['links to oneself', { links: ['app'] }, {}, `${APP}/links/0 a container cannot link to itself`],
  [
    'links to nobody',
    { links: ['nobody:x'] },
    {},
    `${APP}/links/0 no container of this task is named "nobody"`,
  ],
  [
    'links outside bridge',
    { links: ['side'] },
    { networkMode: 'host' },
    `${APP}/links links are for network mode bridge, not host`,
  ],
  [
    'volumesFrom',
    { volumesFrom: [{ sourceContainer: 'sidee' }] },
    {},
    `${APP}/volumesFrom/0/sourceContainer no container of this task is named "sidee"; did you mean side?`,
  ],
  [
    'ulimits',
    { ulimits: [{ name: 'nofile', softLimit: 2, hardLimit: 1 }] },
    {},
    `${APP}/ulimits/0 softLimit 2 is more than hardLimit 1`,
  ],
  [
    'systemControls of ipcMode host',
    { systemControls: [{ namespace: 'kernel.shmmax', value: '1' }] },
    { ipcMode: 'host' },
    `${APP}/systemControls/0/namespace kernel.shmmax is the container instance's with ipcMode host`,
  ],
  [
    'systemControls of network mode host',
    { systemControls: [{ namespace: 'net.a', value: '1' }] },
    { networkMode: 'host' },
    `${APP}/systemControls/0/namespace net.a is the container instance's with network mode host`,
  ],
  [
    'dockerSecurityOptions',
    { dockerSecurityOptions: ['credentialspec:x'] },
    {},
    `${APP}/dockerSecurityOptions/0 dockerSecurityOptions:credentialspec does nothing here: it is for Windows containers. Leave it out.`,
  ],
  [
    'maxSwap',
    { linuxParameters: { maxSwap: 1 } },
    {},
    `${APP}/linuxParameters/maxSwap needs memory, the hard limit that it is added to`,
  ],
  [
    'mountOptions',
    { linuxParameters: { tmpfs: [{ containerPath: '/t', size: 1, mountOptions: ['nope'] }] } },
    {},
    `${APP}/linuxParameters/tmpfs/0/mountOptions/0 is no option of a mount: "nope"`,
  ],
  ['cpu', {}, { cpu: '64' }, '/cpu must be 128 to 196608 units (0.125 to 192 vCPU), not 64'],
  [
    'cpu of containers',
    { cpu: 512 },
    { cpu: '.25 vCPU' },
    '/cpu the containers ask for 512 units together, more than 256',
  ],
  [
    'cpu in other words',
    {},
    { cpu: 'much' },
    '/cpu must be CPU units ("512") or cores ("0.5 vCPU"), not "much"',
  ],
  ['memory', { memory: 65 }, { memory: '64' }, `${APP}/memory 65 MiB is more than the task's memory, 64 MiB`],
  ['pidMode task', { dependsOn: [{ containerName: 'side', condition: 'START' }] }, { pidMode: 'task' }, ''],
  ['tags', {}, { tags: [{ key: 'aws:x' }] }, '/tags/0/key aws: is reserved for AWS'],
])('%s that make no sense are refused, and nothing else is', (_, container, task, problem) => {
  expect(problems(container, task, [SIDE])).toEqual(problem === '' ? [] : [problem])
})

it('a shared namespace needs a container that can hold it', () => {
  const waits = { dependsOn: [{ containerName: 'side', condition: 'START' }] }
  const none = problems(waits, { ipcMode: 'task' }, [{ ...SIDE, essential: false }])
  expect(none).toEqual([
    '/ipcMode task needs an essential container that waits for no other (dependsOn, links, volumesFrom): the others join its namespace',
  ])
})

it('links and volumes that go round in a circle are told as what they are', () => {
  const round = problems({ links: ['side'] }, {}, [{ ...SIDE, volumesFrom: [{ sourceContainer: 'app' }] }])
  expect(round).toEqual([`${APP}/dependsOn containers wait for each other: app → side → app`])
})
