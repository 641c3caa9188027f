import { type EcsShape, refused } from './field.ts'

const NOT_YET = 'a task that runs once is not built yet'
const SERVICE_INSTEAD =
  'Run it by docker run on the host, or as a container that is not essential and comes first.'

/** RunTask. It has no place in a document: nothing of it can be left out by mistake. */
export const RUN_TASK: EcsShape = {
  name: 'RunTask',
  input: 'RunTask',
  at: '',
  fields: Object.fromEntries(
    [
      'capacityProviderStrategy',
      'cluster',
      'count',
      'enableECSManagedTags',
      'enableExecuteCommand',
      'group',
      'launchType',
      'networkConfiguration',
      'overrides',
      'placementConstraints',
      'placementStrategy',
      'platformVersion',
      'propagateTags',
      'referenceId',
      'startedBy',
      'tags',
      'taskDefinition',
      'clientToken',
      'volumeConfigurations',
    ].map(field => [field, refused(NOT_YET, SERVICE_INSTEAD)]),
  ),
}
