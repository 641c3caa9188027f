import yargs from 'yargs'
import { chooseGround, type Ground, type Images, KINDS, type Kind } from './ground.ts'
import { catchInterrupts, INTERRUPTED, type Interrupts } from './interrupts.ts'
import { tellWhatNext } from './keep.ts'
import { emptyShared, removePulledImages, sweep } from './leftovers.ts'
import { createProject, type Project, removeProject, updateProject } from './project.ts'
import { createShell, type Shell } from './shell.ts'
import { createStage, type Stage } from './stage.ts'
import { settingsOf, takeStock, tellEnd, tellStory } from './story.ts'

interface Options {
  readonly keep: boolean
  readonly on?: Kind
  readonly images?: Images
}

/** The whole demo; resolves to the exit code. */
export async function demo(args: readonly string[], started: number): Promise<number> {
  const stage = createStage()
  const interrupts = catchInterrupts(stage.say)
  try {
    const options = await readOptions(args)
    stage.chapter('the hosts')
    const { ground, passedOver } = await chooseGround({ ...options, say: stage.say })
    await onGround(ground, passedOver, options.keep, stage, interrupts)
    stage.say(`\nThe demo took ${Math.round((Date.now() - started) / 1000)} s.`)
    return 0
  } catch (error) {
    if (interrupts.signal.aborted) {
      stage.say('interrupted')
      return INTERRUPTED
    }
    stage.say(`\n✗ the demo failed: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
}

/** Runs the story on the hosts, and ends them whatever happens, unless they are to be kept. */
async function onGround(
  ground: Ground,
  passedOver: readonly string[],
  keep: boolean,
  stage: Stage,
  interrupts: Interrupts,
): Promise<void> {
  const { signal } = interrupts
  const cleaning = { ...interrupts, signal: new AbortController().signal }
  const shellForCleaning = (project: Project) => createShell({ project, stage, interrupts: cleaning })
  let project: Project | undefined
  let stock: ReadonlySet<string> | undefined
  let kept = false
  try {
    introduce(ground, passedOver, stage)
    signal.throwIfAborted()
    await sweep(ground, shellForCleaning, stage.say)
    stock = await takeStock(ground)
    const local = ground.shared ? ground.hosts[0]?.socket : undefined
    project = createProject({ kept: false, ...(local && { local }) }, ground.config)
    const shell = createShell({ project, stage, interrupts, exported: settingsOf(ground) })
    const scene = { ground, project, shell, stage, signal }
    await tellStory(scene)
    if (!keep) return await tellEnd(scene, stock)
    signal.throwIfAborted()
    const { outlives, end } = ground.keep()
    updateProject(project, { kept: outlives, ...(ground.mark !== undefined && { lab: ground.mark }) })
    kept = outlives
    await tellWhatNext(ground, project, stage, outlives ? [...end, `rm -r ${project.root}`] : end)
    if (!outlives) await untilInterrupted(interrupts, stage)
  } finally {
    if (!kept) await cleanUp(ground, project, stock, shellForCleaning, stage)
  }
}

async function cleanUp(
  ground: Ground,
  project: Project | undefined,
  stock: ReadonlySet<string> | undefined,
  shellIn: (project: Project) => Shell,
  stage: Stage,
): Promise<void> {
  try {
    // what others use too outlives the demo, so the cluster has to be taken off it where the story broke off
    if (project && ground.shared) await emptyShared(ground, project, shellIn)
    if (stock) await removePulledImages(ground, stock, stage.say)
  } finally {
    for (const line of await ground.close()) stage.proven(line)
    if (project) removeProject(project)
  }
}

function introduce(ground: Ground, passedOver: readonly string[], stage: Stage): void {
  if (ground.kind === 'simulated') {
    stage.shout(['SIMULATED: the Docker hosts of this demo are not real.', ...passedOver, ...ground.about])
  } else {
    for (const line of [...passedOver, ...ground.about]) stage.say(line)
  }
  stage.table([['INSTANCE', 'ADDRESS'], ...ground.hosts.map(({ name, address }) => [name, address])])
}

async function untilInterrupted({ signal, onEach }: Interrupts, stage: Stage): Promise<void> {
  stage.say('These hosts last as long as this command: Ctrl-C ends them.')
  if (signal.aborted) return
  // nothing else keeps the process alive for sure
  const alive = setInterval(() => {}, 60_000)
  await new Promise<void>(resolve => {
    onEach(resolve)
  })
  clearInterval(alive)
}

async function readOptions(args: readonly string[]): Promise<Options> {
  const { keep, on, image, versions, agentImage } = await yargs([...args])
    .scriptName('npm run demo --')
    .usage('$0 [flags]\n\nShows what Stowage does, on the best hosts that this machine can have.')
    .option('keep', {
      type: 'boolean',
      default: false,
      describe: 'Leave hosts and cluster up, and say what to try',
    })
    .option('on', { choices: KINDS, describe: 'The hosts [the first of these that can be had]' })
    .option('image', {
      type: 'string',
      describe: 'On the local Docker: an image that answers on HTTP [nginx]',
    })
    .option('versions', { type: 'string', describe: 'Two tags of it, as OLD,NEW' })
    .option('agent-image', { type: 'string', describe: 'An image with a shell [busybox:1.37]' })
    .implies('image', 'versions')
    .implies('versions', 'image')
    .strict()
    .parseAsync()
  const [before, after] = versions?.split(',') ?? []
  if (image === undefined) return { keep, on }
  if (!before || !after) throw new Error('--versions takes two tags: --versions 1.0,1.1')
  return { keep, on, images: { web: image, versions: [before, after], agent: agentImage } }
}
