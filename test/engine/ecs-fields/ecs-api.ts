/** ECS's own words: the fields of each shape in its API. */
export const ECS_FIELDS: Readonly<Record<string, string>> = {
  RegisterTaskDefinition:
    'family taskRoleArn executionRoleArn networkMode containerDefinitions volumes placementConstraints requiresCompatibilities cpu memory tags pidMode ipcMode proxyConfiguration inferenceAccelerators ephemeralStorage runtimePlatform enableFaultInjection',
  ContainerDefinition:
    'name image repositoryCredentials cpu memory memoryReservation links portMappings essential restartPolicy entryPoint command environment environmentFiles mountPoints volumesFrom linuxParameters secrets dependsOn startTimeout stopTimeout versionConsistency hostname user workingDirectory disableNetworking privileged readonlyRootFilesystem dnsServers dnsSearchDomains extraHosts dockerSecurityOptions interactive pseudoTerminal dockerLabels ulimits logConfiguration healthCheck systemControls resourceRequirements firelensConfiguration credentialSpecs',
  PortMapping: 'containerPort hostPort protocol name appProtocol containerPortRange',
  ContainerRestartPolicy: 'enabled ignoredExitCodes restartAttemptPeriod',
  HealthCheck: 'command interval timeout retries startPeriod',
  ContainerDependency: 'containerName condition',
  LinuxParameters: 'capabilities devices initProcessEnabled sharedMemorySize tmpfs maxSwap swappiness',
  Volume:
    'name host dockerVolumeConfiguration efsVolumeConfiguration s3filesVolumeConfiguration fsxWindowsFileServerVolumeConfiguration configuredAtLaunch',
  DockerVolumeConfiguration: 'scope autoprovision driver driverOpts labels',
  CreateService:
    'cluster serviceName taskDefinition availabilityZoneRebalancing loadBalancers serviceRegistries desiredCount clientToken launchType capacityProviderStrategy platformVersion role deploymentConfiguration placementConstraints placementStrategy networkConfiguration healthCheckGracePeriodSeconds schedulingStrategy deploymentController tags enableECSManagedTags propagateTags enableExecuteCommand serviceConnectConfiguration volumeConfigurations vpcLatticeConfigurations monitoring',
  DeploymentConfiguration:
    'deploymentCircuitBreaker maximumPercent minimumHealthyPercent alarms strategy bakeTimeInMinutes lifecycleHooks linearConfiguration canaryConfiguration earlySuccessCriteria',
  DeploymentCircuitBreaker: 'enable rollback resetOnHealthyTask thresholdConfiguration',
  RunTask:
    'capacityProviderStrategy cluster count enableECSManagedTags enableExecuteCommand group launchType networkConfiguration overrides placementConstraints placementStrategy platformVersion propagateTags referenceId startedBy tags taskDefinition clientToken volumeConfigurations',
}
