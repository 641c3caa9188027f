import { adapted, type EcsShape, type Evidence, refused, shown, works } from './field.ts'
import { decided, inPlacement } from './tests.ts'

const INPUT = 'service'
const ROLLING = shown(
  'test/e2e/rolling.test.ts',
  'never has fewer than 3 healthy nor more than 9, and loses no request of a task in service',
)
const DAEMON = shown(
  'test/e2e/fleet.test.ts',
  'gives a fourth host its DAEMON task, and moves no REPLICA task',
)
const STEADY = shown('test/e2e/apply.test.ts', 'ends steady, with every task answering')
const BREAKER: Evidence = shown(
  'test/scenarios/failing-tasks.test.ts',
  'goes back to the old revision where the circuit breaker says so, and stops no healthy task for it',
  'the whole program over SSH, with a fake Docker behind it',
)
const FAILED_TASKS = 'test/engine/reconcile/failed-tasks.test.ts'
const ONE_KIND = 'ROLLING is the one kind of deployment'
const ROLL_INSTEAD = 'Leave it out, and let minimumHealthyPercent and maximumPercent say how fast it goes.'

/** CreateService. */
export const SERVICE: EcsShape = {
  name: 'CreateService',
  input: INPUT,
  at: '',
  fields: {
    cluster: adapted('the document that the service stands in', STEADY),
    serviceName: adapted('the key in the document; part of each container’s name', STEADY),
    taskDefinition: adapted('a family of the document; its revision is a digest of its content', STEADY),
    availabilityZoneRebalancing: refused(
      'no running task is moved for the sake of balance',
      'Leave it out; tasks are spread over attribute:ecs.availability-zone when they are placed.',
      'DISABLED',
    ),
    loadBalancers: refused(
      'there is no load balancer of stowage’s own yet',
      'Give the task a host port, and let your own proxy send requests there.',
    ),
    serviceRegistries: refused(
      'there is no service discovery yet',
      'Give the task a host port, and name the hosts in your own DNS.',
    ),
    desiredCount: works('so many tasks of a REPLICA service', STEADY),
    clientToken: refused('apply may be repeated without one: names are taken once', 'Leave it out.'),
    launchType: refused(
      'the container instances are the one place that tasks run on',
      'Leave it out; docs/import.md says what FARGATE meant and what holds here.',
      'EC2',
      'EXTERNAL',
    ),
    capacityProviderStrategy: refused(
      'there are no capacity providers',
      'Place the service by placementConstraints and placementStrategy over attributes of the instances.',
    ),
    platformVersion: refused('there is no Fargate platform', 'Leave it out.', 'LATEST'),
    role: refused('no AWS role reaches a host of your own', 'Leave it out.'),
    deploymentConfiguration: works('see DeploymentConfiguration', ROLLING),
    placementConstraints: works(
      'which container instances take its tasks',
      shown(
        'test/e2e/refusals.test.ts',
        'a placement that cannot be met names the service, the number and what each filter refused',
      ),
    ),
    placementStrategy: works(
      'which of them come first',
      inPlacement('spread_then_binpack_fills_one_host_of_each_zone'),
    ),
    networkConfiguration: refused(
      'there are no subnets and security groups',
      'Leave it out; the firewall of the host says who reaches a port.',
    ),
    healthCheckGracePeriodSeconds: works(
      'for so long after its start a failing health check is not held against a task',
      decided(FAILED_TASKS, 'is starting, for as long as the grace period says'),
    ),
    schedulingStrategy: works('REPLICA or DAEMON', DAEMON),
    deploymentController: refused('stowage itself rolls services', 'Leave it out.', { type: 'ECS' }),
    tags: refused('a service has no tags', 'Tag the task definition: they become labels of its containers.'),
    enableECSManagedTags: refused(
      'AWS has nothing here to tag',
      'Leave it out; ECS’s own labels are on every container.',
    ),
    propagateTags: refused(
      'the tags of the task definition are on its containers as labels anyway',
      'Leave it out.',
      'NONE',
      'TASK_DEFINITION',
    ),
    enableExecuteCommand: adapted(
      'whether stowage exec runs commands in its containers, by the exec API of Docker',
      shown(
        'test/e2e/inside.test.ts',
        'runs a command, with its streams and its exit code, and no shell in between',
      ),
    ),
    serviceConnectConfiguration: refused(
      'there is no service mesh yet',
      'Give the task a host port, and name the hosts in the environment of its clients.',
      { enabled: false },
    ),
    volumeConfigurations: refused(
      'there is no EBS here',
      'Mount a disk of the host by host.sourcePath, or take a shared Docker volume.',
    ),
    vpcLatticeConfigurations: refused('there is no VPC Lattice here', 'Leave it out.'),
    monitoring: refused(
      'stowage gathers no metrics',
      'Leave it out; agents that read Docker see ECS’s own labels.',
    ),
  },
}

export const SERVICE_PARTS: readonly EcsShape[] = [
  {
    name: 'DeploymentConfiguration',
    input: INPUT,
    at: 'deploymentConfiguration',
    fields: {
      deploymentCircuitBreaker: works('see DeploymentCircuitBreaker', BREAKER),
      maximumPercent: works('⌊desired × maximum⌋ tasks at most', ROLLING),
      minimumHealthyPercent: works('⌈desired × minimum⌉ healthy tasks at least', ROLLING),
      alarms: refused(
        'there is no CloudWatch here',
        'Leave it out; a health check that fails stops a deployment.',
        {
          alarmNames: [],
          enable: false,
          rollback: false,
        },
      ),
      strategy: refused(ONE_KIND, ROLL_INSTEAD, 'ROLLING'),
      bakeTimeInMinutes: refused(ONE_KIND, ROLL_INSTEAD, 0),
      lifecycleHooks: refused(
        'there is no Lambda to call',
        'Run what is to come before a deployment as a RunTask that the service waits for: service.addDependency(task).',
      ),
      linearConfiguration: refused(ONE_KIND, ROLL_INSTEAD),
      canaryConfiguration: refused(ONE_KIND, ROLL_INSTEAD),
      earlySuccessCriteria: refused(
        'a deployment has succeeded when every task is healthy',
        'Leave it out.',
        {
          enable: false,
        },
      ),
    },
  },
  {
    name: 'DeploymentCircuitBreaker',
    input: INPUT,
    at: 'deploymentConfiguration.deploymentCircuitBreaker',
    fields: {
      enable: works('whether a deployment that keeps failing is ended', BREAKER),
      rollback: works('whether it goes back to the revision that ran before', BREAKER),
      resetOnHealthyTask: works(
        'whether a task that becomes healthy sets the number of failures back',
        decided(
          FAILED_TASKS,
          'is forgiven when a task has become healthy since, unless resetOnHealthyTask is false',
        ),
      ),
      thresholdConfiguration: works(
        'see ThresholdConfiguration',
        decided(FAILED_TASKS, 'is ECS’s own without a circuit breaker, and none where that is off'),
      ),
    },
  },
  {
    name: 'ThresholdConfiguration',
    input: INPUT,
    at: 'deploymentConfiguration.deploymentCircuitBreaker.thresholdConfiguration',
    fields: {
      type: works(
        'COUNT, BOUNDED_PERCENT or UNBOUNDED_PERCENT',
        decided(FAILED_TASKS, 'is ECS’s own without a circuit breaker, and none where that is off'),
      ),
      value: works(
        'failures, or percent of the desired count',
        decided(FAILED_TASKS, 'is ECS’s own without a circuit breaker, and none where that is off'),
      ),
    },
  },
  {
    name: 'PlacementConstraint',
    input: INPUT,
    at: 'placementConstraints[]',
    fields: {
      type: works('distinctInstance or memberOf', inPlacement('distinct_instance_stops_at_one_each')),
      expression: works(
        'docs/cluster-query-language.md',
        decided(
          'test/engine/scheduler/fleet.test.ts',
          'matching_gives_active_hosts_that_satisfy_every_constraint',
        ),
      ),
    },
  },
  {
    name: 'PlacementStrategy',
    input: INPUT,
    at: 'placementStrategy[]',
    fields: {
      type: works('spread, binpack or random', inPlacement('binpack_takes_the_fullest_that_fits')),
      field: works(
        'instanceId, attribute:NAME, cpu or memory',
        inPlacement('spread_over_zones_evens_out_inside'),
      ),
    },
  },
]
