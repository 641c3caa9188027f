import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { everything, tasksOf } from './docker-api.ts'
import type { Ground } from './ground.ts'
import { type Answer, answererOf, ask } from './http.ts'
import type { Project } from './project.ts'
import type { Shell } from './shell.ts'
import type { Stage } from './stage.ts'
import { type Seen, trafficDuring } from './traffic.ts'

/** All that the chapters need. */
export interface Scene {
  readonly ground: Ground
  readonly project: Project
  readonly shell: Shell
  readonly stage: Stage
  readonly signal: AbortSignal
}

/** The example's cluster and its web service. */
export const CLUSTER = 'hello'
const WEB = { cluster: CLUSTER, service: 'web' }
const DESIRED = 6
const LEAST_HEALTHY = 3
const MOST_RUNNING = 9
const ANSWER_DEADLINE_MS = 15_000

/** From an empty cluster to a second version in service. Throws at the first thing that is not as it is to be. */
export async function tellStory(scene: Scene): Promise<void> {
  const { shell, stage, ground } = scene
  const [before, after] = ground.images.versions
  showProject(scene)

  stage.chapter('synth: from TypeScript to a document')
  stage.say(
    'The app runs and gives one JSON document for its cluster, to be committed and reviewed like code.',
  )
  await synth(scene, before)

  stage.chapter('diff: what would change, and why')
  stage.say('Compares the document with what really runs on the hosts. Changes nothing.')
  await shell.stowage(['diff'])

  stage.chapter('apply: make it so')
  stage.say('Pulls the images, starts the tasks, and waits until they are healthy.')
  await shell.stowage(['apply', '--yes'])

  stage.chapter('every task answers')
  await proveAnswers(scene)

  stage.chapter('apply again: nothing to do')
  stage.say('The same document once more: what runs is what is wanted, so nothing is touched.')
  await proveUntouched(scene)

  stage.chapter(`a second version, ${after}, while requests are sent`)
  stage.say('Only the tag of the image changes; synth writes it into the document.')
  await synth(scene, after)
  stage.say(
    `Rolls: never fewer than ${LEAST_HEALTHY} healthy, never more than ${MOST_RUNNING} at once. Meanwhile clients send requests to the tasks in service.`,
  )
  await proveRolling(scene)

  stage.chapter('ps: what runs where')
  stage.say('Asks the hosts; there is no state file.')
  await shell.stowage(['ps'])
}

/** Removes the cluster, and shows that the hosts are as they were before. */
export async function tellEnd(
  { shell, stage, ground, signal }: Scene,
  before: ReadonlySet<string>,
): Promise<void> {
  stage.chapter('destroy: leave nothing behind')
  stage.say('Removes all that the cluster owns on its hosts, and nothing else.')
  await shell.stowage(['destroy', '--yes'])
  signal.throwIfAborted()
  const rows = [['INSTANCE', 'LEFT OF THE CLUSTER', 'PULLED IMAGES']]
  for (const host of ground.hosts) {
    const added = (await everything(host)).filter(t => !before.has(`${host.name} ${t.id}`))
    // what others start meanwhile on a Docker that they share is theirs
    const left = added.filter(t => t.kind !== 'image' && (t.labelled || !ground.shared))
    if (left.length > 0)
      throw new Error(`${host.name} still has ${left.map(t => `${t.kind} ${t.name}`).join(', ')}`)
    rows.push([host.name, 'nothing', String(added.filter(t => t.kind === 'image').length)])
  }
  stage.table(rows)
  stage.proven('no container, volume or network more than before, asked of each Docker itself')
}

/** What is on the hosts before anything is deployed: keys that `tellEnd` compares with. */
export async function takeStock({ hosts }: Ground): Promise<ReadonlySet<string>> {
  const all = await Promise.all(
    hosts.map(async host => (await everything(host)).map(t => `${host.name} ${t.id}`)),
  )
  return new Set(all.flat())
}

/** The environment by which the example knows the hosts and the images. */
export function settingsOf({ hosts, images, env }: Ground): Readonly<Record<string, string>> {
  return {
    HELLO_HOSTS: hosts.map(h => h.address).join(','),
    HELLO_IMAGE: images.web,
    ...(images.agent !== undefined && { HELLO_AGENT_IMAGE: images.agent }),
    ...env,
  }
}

function showProject({ ground, project, stage }: Scene): void {
  stage.chapter('the project')
  stage.say(
    'A copy of examples/hello, with stowage installed: app.ts and a configuration that says how SSH gets in.',
  )
  stage.command(`cd ${project.folder}`)
  stage.command('cat stowage.config.json')
  stage.say(readFileSync(join(project.folder, 'stowage.config.json'), 'utf8').trimEnd())
  stage.say('Its app.ts takes the hosts and the image from the environment.')
  for (const [name, value] of Object.entries(settingsOf(ground))) {
    stage.command(`export ${name}=${value}`)
  }
}

async function synth({ shell }: Scene, version: string): Promise<void> {
  await shell.stowage(['synth'], { HELLO_VERSION: version })
}

/** The part of `stowage ps --json` that is looked at. */
interface Ps {
  readonly tasks: readonly {
    readonly service: string
    readonly task: string
    readonly instance: string
    readonly id: string
    readonly ports: readonly { readonly hostPort: number }[]
  }[]
}

async function proveAnswers({ ground, shell, stage, signal }: Scene): Promise<void> {
  stage.say('Where each task can be reached is what `npx stowage ps --json` says; each is asked over HTTP.')
  stage.command('npx stowage ps --json')
  const { tasks } = JSON.parse(await shell.quietly(['ps', '--json'])) as Ps
  const rows = [['TASK', 'INSTANCE', 'ADDRESS', 'ANSWER']]
  for (const { task, instance, id, ports } of tasks.filter(t => t.service === WEB.service)) {
    const ip = ground.hosts.find(h => h.name === instance)?.ip
    const [port] = ports
    if (ip === undefined || port === undefined) throw new Error(`${task} on ${instance} has no port`)
    const url = `http://${ip}:${port.hostPort}/`
    const answer = await answerOf(url, signal)
    const { version, hostname } = answererOf(answer)
    if (hostname !== undefined && !id.startsWith(hostname))
      throw new Error(`${url} is not ${task}, but ${hostname}`)
    rows.push([task, instance, url, `${answer.status} ${version}`])
  }
  stage.table(rows)
  const count = rows.length - 1
  if (count !== DESIRED) throw new Error(`${count} tasks are there, not ${DESIRED}`)
  stage.proven(`${count} of ${DESIRED} tasks answer`)
}

/** A port answers some moments after the container has started. */
async function answerOf(url: string, signal: AbortSignal): Promise<Answer> {
  const deadline = Date.now() + ANSWER_DEADLINE_MS
  for (;;) {
    signal.throwIfAborted()
    try {
      const answer = await ask(url)
      if (answer.status === 200) return answer
      throw new Error(`${url} answers ${answer.status}`)
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(100)
    }
  }
}

async function proveUntouched({ ground, shell, stage }: Scene): Promise<void> {
  const containers = async () => {
    const hosts = await Promise.all(ground.hosts.map(everything))
    return hosts
      .flatMap(things => things.filter(t => t.kind === 'container' && t.labelled).map(t => t.id))
      .sort()
  }
  const before = await containers()
  await shell.stowage(['apply', '--yes'])
  const after = await containers()
  if (before.join() !== after.join()) throw new Error('the second apply has replaced containers')
  stage.proven(`the same ${after.length} containers as before, and no other`)
}

async function proveRolling({ ground, shell, stage }: Scene): Promise<void> {
  const apply = shell.stowage(['apply', '--yes'])
  const [seen] = await Promise.all([trafficDuring({ ...WEB, hosts: ground.hosts }, apply), apply])
  const answers = [...seen.answers].map(([version, count]) => `${count} by ${version}`).join(', ')
  stage.table([
    ['REQUESTS TO TASKS IN SERVICE', 'ANSWERED', 'FAILED', 'LEAST HEALTHY', 'MOST RUNNING'],
    [
      String(seen.requests - seen.late),
      answers,
      String(seen.failed.length),
      `${seen.leastHealthy} of ${DESIRED}`,
      String(seen.mostRunning),
    ],
  ])
  if (seen.late > 0)
    stage.say(`${seen.late} more met a task in the moment in which it was taken out of service.`)
  const fault = faultOf(seen)
  if (fault !== undefined) throw new Error(fault)
  const tasks = (await tasksOf(ground.hosts, WEB.cluster, WEB.service)).filter(t => t.running)
  if (tasks.length !== DESIRED || new Set(tasks.map(t => t.revision)).size !== 1) {
    throw new Error('not all tasks are of the new revision')
  }
  stage.proven(`${DESIRED} of ${DESIRED} tasks run the new version; 0 requests failed`)
}

function faultOf(seen: Seen): string | undefined {
  if (seen.failed.length > 0) return `${seen.failed.length} requests failed:\n${seen.failed.join('\n')}`
  if (seen.answers.size === 0) return 'no request was answered'
  if (seen.leastHealthy < LEAST_HEALTHY) return `only ${seen.leastHealthy} tasks were healthy`
  if (seen.mostRunning > MOST_RUNNING) return `${seen.mostRunning} tasks ran at once`
  return undefined
}
