import { adapted, type EcsShape, refused, works } from './field.ts'
import { decided } from './tests.ts'

const ONE_OFF = 'test/engine/reconcile/one-off.test.ts'
const ENDS = decided(ONE_OFF, 'runs to its end before what waits for it begins')
const OVERRIDES = decided(ONE_OFF, 'gets what its overrides say')
const PLACED = decided(ONE_OFF, 'goes where its constraints and its group say')

/** RunTask: what stands under `tasks` in the document. */
export const RUN_TASK: EcsShape = {
  name: 'RunTask',
  input: 'RunTask',
  at: '',
  fields: {
    capacityProviderStrategy: refused(
      'there are no capacity providers',
      'Place the task by placementConstraints and placementStrategy over attributes of the instances.',
    ),
    cluster: adapted('the document that the task stands in', ENDS),
    count: works(
      'so many tasks at once',
      decided(ONE_OFF, 'runs so many at once as it says, each to its end'),
    ),
    enableECSManagedTags: refused('AWS has nothing here to tag', 'Leave it out.'),
    enableExecuteCommand: refused('a task that runs once has no switch for it', 'Leave it out.'),
    group: works('the task group; family:FAMILY by default', PLACED),
    launchType: refused('the container instances are the one place that tasks run on', 'Leave it out.'),
    networkConfiguration: refused('there are no subnets and security groups', 'Leave it out.'),
    overrides: works(
      'containerOverrides, with all their fields, cpu and memory of the task; without roles',
      OVERRIDES,
    ),
    placementConstraints: works('which container instances may run it', PLACED),
    placementStrategy: works('which of them come first', PLACED),
    platformVersion: refused('there is no Fargate platform', 'Leave it out.'),
    propagateTags: refused('the tags of the task definition are on its containers anyway', 'Leave it out.'),
    referenceId: refused('it is AWS’s own', 'Leave it out.'),
    startedBy: works('the label stowage.tag.startedBy', OVERRIDES),
    tags: works('labels stowage.tag.KEY', OVERRIDES),
    taskDefinition: adapted('a family of the document', ENDS),
    clientToken: refused(
      'apply may be repeated without one: a task that has run is not run again',
      'Leave it out.',
    ),
    volumeConfigurations: refused(
      'there is no EBS here',
      'Mount a disk of the host by host.sourcePath, or take a shared Docker volume.',
    ),
  },
}
