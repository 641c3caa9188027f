import { expect, it } from 'vitest'
import {
  App,
  AppProtocol,
  Cluster,
  ContainerDefinition,
  ContainerImage,
  type NfsVolume,
  SynthError,
  TaskDefinition,
  Volume,
} from '../../lib/index.ts'
import { synthesize } from '../../lib/synth.ts'
import { localDataOf } from '../../engine/reconcile/local-data.ts'
import { parseDesiredState } from '../../engine/desired-state/parse.ts'

function synth(nfs: NfsVolume) {
  const app = new App()
  const task = new TaskDefinition(new Cluster(app, 'prod'), 'web')
  const container = task.addContainer('nginx', {
    image: ContainerImage.fromRegistry('nginx:1'),
    gpuCount: 2,
    portMappings: [
      {
        containerPort: ContainerDefinition.CONTAINER_PORT_USE_RANGE,
        containerPortRange: '8000-8009',
        name: 'web',
        appProtocol: AppProtocol.http,
      },
    ],
  })
  task.addVolume(Volume.nfs(nfs))
  container.addMountPoints({ sourceVolume: nfs.name, containerPath: '/files' })
  return synthesize(app)
}

function errors(nfs: NfsVolume): string[] {
  try {
    synth(nfs)
    return []
  } catch (error) {
    if (!(error instanceof SynthError)) throw error
    return error.problems.map(p => p.message)
  }
}

it('a volume on an NFS server is one of Docker’s own driver, and keeps its tasks nowhere', () => {
  const [document] = synth({ name: 'files', server: 'nas.example.net', path: '/export/files' })
  const parsed = parseDesiredState(document)
  const task = parsed.ok ? parsed.state.taskDefinitions['web'] : undefined
  expect(task?.volumes[0]?.dockerVolumeConfiguration).toMatchObject({
    scope: 'shared',
    autoprovision: true,
    driver: 'local',
    driverOpts: {
      type: 'nfs',
      device: ':/export/files',
      o: 'addr=nas.example.net,nfsvers=4.1,hard,timeo=600,retrans=2',
    },
  })
  expect(task && localDataOf(task)).toEqual([])
  expect(task?.containerDefinitions[0]).toMatchObject({
    resourceRequirements: [{ type: 'GPU', value: '2' }],
    portMappings: [{ containerPortRange: '8000-8009', name: 'web', appProtocol: 'http' }],
  })
})

it('an NFS server or path that is none is refused at synth', () => {
  expect(errors({ name: 'files', server: 'a b', path: '/x' })).toEqual([
    'volume files: NFS needs the name or address of its server: addr=… in the option o',
  ])
  expect(errors({ name: 'files', server: 'nas', path: 'x' })).toEqual([
    'volume files: NFS needs the path that the server exports, as the device :/path',
  ])
  expect(errors({ name: 'files', server: 'fd00::1', path: '/x', options: ['nfsvers=3'] })).toEqual([])
})
