/**
 * The one catalogue of what can go wrong. A code is stable: scripts may rely on it, and docs/errors.md
 * has a section for each. `summary` says what it means, `next` what a person does about it.
 */
export const ERRORS = {
  USAGE_INVALID: {
    summary: 'The command line has a wrong command, flag or value.',
    next: 'stowage --help lists the commands, stowage COMMAND --help the flags of one.',
  },
  CONFIG_INVALID: {
    summary: 'stowage.config.json cannot be read, or has a wrong key or value.',
    next: 'Correct the file; docs/cli.md lists its keys.',
  },
  APP_FAILED: {
    summary: "The app's command ended with an error, or wrote no document.",
    next: 'Run the command by itself and read what it prints.',
  },
  OUTPUT_FAILED: {
    summary: 'The output folder, or a document in it, cannot be written.',
    next: 'Look at its rights and at the disk, or name another folder with --out.',
  },
  SYNTH_INVALID: {
    summary: 'The constructs contradict themselves or a limit of ECS; each error names its construct path.',
    next: 'Correct the constructs that are named.',
  },
  SYNTH_STALE: {
    summary: 'The committed document is not what the app gives now.',
    next: 'Run stowage synth, read the difference and commit it.',
  },
  DOCUMENT_NOT_FOUND: {
    summary: 'There is no desired-state document where one was looked for.',
    next: 'Run stowage synth, or name the document or the folder with --out.',
  },
  DOCUMENT_INVALID: {
    summary:
      'The desired-state document does not fit its schema or contradicts itself. No host was contacted.',
    next: 'Correct each JSON pointer that is named; stowage validate checks the document alone.',
  },
  FIELD_UNSUPPORTED: {
    summary:
      'The document has a field of ECS, or a value of one, that nothing here does. It would be lost without a word.',
    next: 'Do what the message says instead; or leave it out, by its name in ignoreUnsupported: docs/ecs-compatibility.md.',
  },
  FIELD_IGNORED: {
    summary: 'A field of ECS that nothing here does is left out, because ignoreUnsupported names it.',
    next: 'Nothing, if that is meant; docs/ecs-compatibility.md says what there is instead.',
  },
  IMPORT_INVALID: {
    summary:
      'What was to be imported is not what RegisterTaskDefinition takes, or contradicts itself. Nothing was written.',
    next: 'Correct what is named; --lenient takes what tools print for what is meant by it.',
  },
  CLUSTER_UNKNOWN: {
    summary: 'No document is of the cluster that was named, or there are several and none was named.',
    next: 'Name one of the clusters that are listed with --cluster.',
  },
  ADDRESS_INVALID: {
    summary: "A container instance's address is not ssh://[user@]host[:port] or unix:///path.",
    next: 'Correct the address.',
  },
  INSTANCE_TWICE: {
    summary: 'Two container instances of the document are one and the same Docker host.',
    next: 'Take one of the two out of the document.',
  },
  HOST_UNREACHABLE: {
    summary: 'No SSH connection could be made: no route, no answer, refused, or the name is unknown.',
    next: 'Try ssh to the same address; go on without the host with --on-unreachable skip; or, if it is gone for good, stowage instance lost NAME.',
  },
  INSTANCE_LOST: {
    summary:
      'A container instance does not answer and is taken for gone: somebody said so, or the time in the document ran out. Its tasks are replaced; where it runs on out of sight they run twice until it answers again.',
    next: 'stowage instance found NAME if it is not gone; take it out of the document once it is gone for good.',
  },
  INSTANCE_ANSWERS: {
    summary: 'A container instance was to be marked as lost, and it answers.',
    next: 'stowage drain NAME moves its tasks away; then take it out of the document.',
  },
  INSTANCE_REMOVED: {
    summary:
      'A container instance was taken out of the document while tasks of the cluster run there. No apply looks there any more: they run on.',
    next: 'Put it back into the document, stowage drain it, and then take it out.',
  },
  INSTANCE_UNKNOWN: {
    summary: 'The document has no container instance of that name.',
    next: 'Name one of those that are listed.',
  },
  HOST_KEY_UNKNOWN: {
    summary: "The host's key is not in known_hosts.",
    next: 'Compare the fingerprint with the host, then add it by ssh-keyscan or --accept-new-host-keys.',
  },
  HOST_KEY_CHANGED: {
    summary: "The host's key is not the one in known_hosts. This may be an attack. It is never accepted.",
    next: 'Find out why it changed; if the host was reinstalled, ssh-keygen -R removes the old key.',
  },
  SSH_AUTH_FAILED: {
    summary: 'The host refused every key that was offered.',
    next: 'Start ssh-agent and add the key, or name it with IdentityFile in ~/.ssh/config.',
  },
  SSH_FORWARDING_REFUSED: {
    summary: 'sshd allows neither the forwarding of the Docker socket nor docker system dial-stdio.',
    next: 'Allow AllowStreamLocalForwarding (and TCP forwarding) for this user in sshd_config, or install the docker CLI.',
  },
  CONNECTION_LOST: {
    summary: 'The connection to the host broke while a request was under way.',
    next: 'Run apply again: it observes and finishes.',
  },
  DOCKER_MISSING: {
    summary: 'There is no Docker socket on the host.',
    next: 'Install Docker there, or name the socket in the address: ssh://host/run/user/1000/docker.sock.',
  },
  DOCKER_REFUSED: {
    summary: 'The user may not use the Docker socket.',
    next: 'Add the user to the docker group on the host, or connect as one who is in it.',
  },
  DOCKER_NOT_RUNNING: {
    summary: 'The Docker socket is there, and nothing answers on it.',
    next: 'Start Docker on the host: systemctl start docker.',
  },
  DOCKER_TOO_OLD: {
    summary: 'The Docker Engine is older than 20.10 (API 1.41).',
    next: 'Upgrade Docker on the host.',
  },
  DOCKER_TIMEOUT: {
    summary: 'Docker did not answer a request within its deadline.',
    next: 'Look at the host: load, disk, dockerd log. Then apply again.',
  },
  DOCKER_NOT_FOUND: {
    summary: 'Docker has no such container, image, volume or network any more.',
    next: 'Apply again: it observes anew.',
  },
  DOCKER_CONFLICT: {
    summary: 'Docker refuses because of what is there already: a name, a running container, a volume in use.',
    next: 'Read the message; apply again observes anew.',
  },
  DOCKER_ERROR: {
    summary: 'Docker answered a request with an error.',
    next: "Read Docker's own words in the message.",
  },
  IMAGE_NOT_FOUND: {
    summary: 'The registry has no such image or tag, or does not tell those who are not logged in.',
    next: 'Check the name and the tag; docker login if the repository is private.',
  },
  IMAGE_UNAUTHORIZED: {
    summary: 'The registry wants a login, or refuses the one it was given.',
    next: "docker login on this machine; stowage sends the login of docker's own config.json along.",
  },
  IMAGE_PLATFORM_MISSING: {
    summary: "The image exists, and not for the host's processor or operating system.",
    next: 'Build it for that platform, too; or place the service elsewhere: runtimePlatform, or a constraint on attribute:ecs.cpu-architecture.',
  },
  IMAGE_RATE_LIMITED: {
    summary: 'The registry has had too many pulls from this address or login for now.',
    next: 'docker login raises the limit of most registries; else wait, or keep a copy in a registry of your own. Apply again.',
  },
  REGISTRY_UNREACHABLE: {
    summary: 'The host does not reach the registry, or the registry has a fault of its own.',
    next: "Try docker pull on the host: its DNS, firewall and Docker's proxy count, not this machine's. Then apply again.",
  },
  REGISTRY_UNTRUSTED: {
    summary:
      'The host and the registry cannot speak TLS: its certificate is not trusted or has expired, or it speaks plain HTTP.',
    next: "Put the registry's CA into /etc/docker/certs.d/REGISTRY/ca.crt on the host; or list it in insecure-registries of /etc/docker/daemon.json there.",
  },
  DISK_FULL: {
    summary: "The disk with the host's Docker folder is full.",
    next: 'Make room on the host: docker image prune --all removes images that no container uses. Then apply again.',
  },
  IMAGE_PULL_FAILED: {
    summary: 'The image exists and could not be pulled or looked up.',
    next: "Read Docker's own words in the message; try docker pull on the host.",
  },
  SECRET_UNAVAILABLE: {
    summary:
      'A secret, an environment file or a registry login cannot be read from the source that the document names. No host was changed.',
    next: 'Make the source readable on this machine: set the variable, put the file there, log in to the password manager.',
  },
  NAME_TAKEN: {
    summary: 'A container that is not ours has the name that a task needs.',
    next: 'Rename or remove that container; stowage never touches it.',
  },
  PORT_TAKEN: {
    summary: 'The host port that a task needs is taken by something that is not ours.',
    next: 'Free the port, choose another, or keep the service off that host with a placement constraint.',
  },
  PLACEMENT_FAILED: {
    summary: 'No container instance can take a task; the message has the count for each reason.',
    next: 'Add container instances, lower what the task reserves, or loosen the constraints.',
  },
  TASK_MISPLACED: {
    summary:
      'A running task of a REPLICA service is where its placement constraints would not let it be placed now. It stays, as in ECS.',
    next: 'Nothing, or replace the tasks: forceNewDeployment with a new nonce.',
  },
  VOLUME_UNUSED: {
    summary: 'A shared volume of this cluster is in no task definition any more. It holds data and is kept.',
    next: 'Remove it by hand once its data is not needed, or with stowage destroy --volumes.',
  },
  VOLUME_EMPTY: {
    summary:
      'A service has more tasks than there are volumes of its shared volume, so that another is made, empty. The data is on the instances that are named.',
    next: 'If the tasks are to share their data use a volume that is reached from everywhere (NFS), or a desired count that fits.',
  },
  DEPLOYMENT_FAILED: {
    summary: "A service's tasks, or one that runs once, failed; the report has exit codes and last lines.",
    next: 'Correct the cause, then apply again.',
  },
  DEPENDENCY_FAILED: {
    summary: 'The new revision of a service was not begun: what it waits for is not as it should be.',
    next: 'See to what it waits for, then apply again; what ran before still runs.',
  },
  DEPLOYMENT_STUCK: {
    summary: 'The percentages allow neither to stop nor to start a task.',
    next: 'Lower minimumHealthyPercent, raise maximumPercent, or make room for one more task.',
  },
  DRIFT_REMAINS: {
    summary: 'A task that was made just now is not as it was asked for: somebody changed it, or Docker did.',
    next: 'Apply again if it was changed by hand; else correct the field that is named.',
  },
  NOT_STEADY: {
    summary: 'The time for apply ran out before every service was steady.',
    next: 'stowage ps shows what is missing; apply again goes on.',
  },
  LOCK_HELD: {
    summary: 'Another stowage works on this host.',
    next: 'Wait for it to end. A lock whose holder died is taken over by itself.',
  },
  LOCK_LOST: {
    summary:
      'Another stowage took over the lock of this host, because this one had stood still for too long.',
    next: 'Let the other one end, then apply again.',
  },
  TASK_OUT_OF_SIGHT: {
    summary:
      'The task that was named is on no container instance that answers, and may run on one that does not.',
    next: 'Bring that instance back; stowage ps shows what is in sight.',
  },
  TASK_UNKNOWN: {
    summary: 'No task, service or container of the cluster has the name that was given, or none that runs.',
    next: 'stowage ps lists them.',
  },
  EXEC_NOT_ENABLED: {
    summary: 'The service does not allow commands in its containers.',
    next: 'Set enableExecuteCommand on the service and run synth; nothing needs to be applied for it.',
  },
  DEPLOYMENT_UNKNOWN: {
    summary: 'The ledger has no deployment with this id, or several whose ids begin or end so.',
    next: 'stowage history lists them.',
  },
  ROLLBACK_IMPOSSIBLE: {
    summary: 'There is nothing to go back to, or what there is cannot be gone back to.',
    next: 'stowage history lists the deployments; one that COMPLETED can be named.',
  },
  TASK_LEFT_ALONE: {
    summary:
      'A rollback neither starts nor stops a task that runs once, and what such a task has done it does not undo.',
    next: 'Where the services of then cannot do with what a migration has changed, take that back by hand.',
  },
  ROLLBACK_IMAGE_MISSING: {
    summary:
      'A service could not go back to its last COMPLETED revision, should this deployment fail: an image of it is not to be had any more.',
    next: 'Push the image to its registry again; or apply, if going forward is what is left.',
  },
  LEDGER_UNREADABLE: {
    summary:
      'An entry of the ledger on this host, or its whole copy, cannot be read. It is left out; what the other hosts know counts.',
    next: 'Nothing needs to be done: the next apply writes the copy anew from those of the other hosts.',
  },
  LEDGER_NOT_WRITTEN: {
    summary: 'The ledger could not be written on this host. The deployment goes on; the other hosts have it.',
    next: 'Look at the disk of the host; the next apply brings its copy up to date.',
  },
  PLAN_INVALID: {
    summary: 'The file is no saved plan that this version of stowage can apply. No host was contacted.',
    next: 'Make the plan anew with stowage diff --save FILE.',
  },
  PLAN_APPLIED: {
    summary:
      'The saved plan was carried out already, by the deployment that is named: it COMPLETED, and none came after it.',
    next: 'stowage history shows it; for another deployment make a plan anew with stowage diff --save FILE.',
  },
  PLAN_STALE: {
    summary:
      'What was reviewed is no longer what would be done: a container instance has changed since, or something went another way than the plan showed.',
    next: 'Make the plan anew with stowage diff --save FILE, and have it reviewed again.',
  },
  CONFIRMATION_NEEDED: {
    summary: 'There is no terminal to ask on, and --yes was not given.',
    next: 'Add --yes.',
  },
  INTERRUPTED: {
    summary: 'It was interrupted; the step in hand was ended and the lock released.',
    next: 'Apply again finishes the work.',
  },
  INTERNAL: {
    summary: 'A fault in stowage itself.',
    next: 'Please report it with the message and the stack.',
  },
} as const satisfies Record<string, { summary: string; next: string }>

/** A stable code of the catalogue. */
export type ErrorCode = keyof typeof ERRORS

/** What one error says, as data: for events, `--json` and lists of errors. */
export interface Problem {
  readonly code: ErrorCode
  /** One or more lines for a person. */
  readonly message: string
  /** What to do next. Default: the catalogue's. */
  readonly next: string
  /** The container instance it is about, if one. */
  readonly instance?: string
  /** The service it is about, if one. */
  readonly service?: string
}

/** The only error that stowage throws on purpose. `code` is stable, `cause` what it came from. */
export class StowageError extends Error {
  override readonly name = 'StowageError'
  readonly code: ErrorCode
  readonly next: string
  readonly instance: string | undefined
  readonly service: string | undefined
  /** Where one run met several at once, all of them. */
  readonly problems: readonly Problem[]

  constructor(
    code: ErrorCode,
    message: string,
    more: {
      cause?: unknown
      next?: string
      instance?: string
      service?: string
      problems?: readonly Problem[]
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.next = nextOf(code, more)
    this.instance = more.instance
    this.service = more.service
    this.problems = more.problems ?? []
  }
}

/** A problem of the catalogue; `next` is the catalogue's unless given. */
export function problem(
  code: ErrorCode,
  message: string,
  more: { next?: string; instance?: string; service?: string } = {},
): Problem {
  return { code, message, ...more, next: nextOf(code, more) }
}

/** The same, about this container instance. */
export function aboutInstance(found: Problem, instance: string): Problem {
  return { ...found, instance, next: withName(found.next, instance) }
}

function nextOf(
  code: ErrorCode,
  { next = ERRORS[code].next, instance }: { next?: string; instance?: string },
): string {
  return instance === undefined ? next : withName(next, instance)
}

/** The catalogue knows no names. */
function withName(next: string, instance: string): string {
  return next.replaceAll(/\b(drain|activate|lost|found) NAME\b/g, `$1 ${instance}`)
}

/** Any thrown value as a problem; what is no StowageError is INTERNAL. */
export function toProblem(error: unknown): Problem {
  if (error instanceof StowageError) {
    const { code, message, next, instance, service } = error
    return { code, message, next, ...(instance && { instance }), ...(service && { service }) }
  }
  return problem('INTERNAL', error instanceof Error ? error.message : String(error))
}
