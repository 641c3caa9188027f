import { tasksOf } from './docker-api.ts'
import type { Ground } from './ground.ts'
import type { Project } from './project.ts'
import type { Stage } from './stage.ts'
import { CLUSTER, settingsOf } from './story.ts'

/** Says what can be tried on the hosts that stay up, each with the command for it. */
export async function tellWhatNext(
  ground: Ground,
  project: Project,
  stage: Stage,
  end: readonly string[],
): Promise<void> {
  const [before, after] = ground.images.versions
  const settings = { ...settingsOf(ground), HELLO_VERSION: after }
  const exports = Object.entries(settings).map(([name, value]) => `export ${name}=${value}`)
  const [task] = (await tasksOf(ground.hosts, CLUSTER, 'web')).filter(t => t.running)
  stage.chapter('what to try next')
  stage.say('The hosts stay up, with the cluster on them. In a terminal:')
  for (const line of [`cd ${project.folder}`, ...exports]) stage.command(line)
  stage.say('')
  const steps: (readonly [string, string])[] = [
    ['npx stowage ps', 'what runs where'],
    ['npx stowage diff', 'nothing to do'],
    ...(task === undefined
      ? []
      : ([
          [ground.removeByHand(task.host, task.id.slice(0, 12)), 'a task goes behind Stowage’s back'],
          ['npx stowage diff', 'sees it'],
          ['npx stowage apply', 'mends it'],
        ] as const)),
    [`HELLO_VERSION=${before} npx stowage synth`, 'back to the first version; or change app.ts'],
    ['npx stowage apply', 'rolls to it'],
    ...ground.more,
    ['npx stowage destroy', 'removes the cluster'],
  ]
  for (const [command, what] of steps) stage.command(`${command}   # ${what}`)
  stage.say('')
  stage.say('And at the end:')
  for (const command of end) stage.command(command)
}
