import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { labPath } from '../lab/command.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import { labSupport } from '../lab/packages.ts'
import { listLabs } from '../lab/record.ts'

const REPOSITORY = resolve(import.meta.dirname, '../..')
const DEMO = join(REPOSITORY, 'test/lab/demo.mjs')
const NOBODY = 65534
/** No other set-up beside that of the tests, and no Docker but the one that is meant. */
const ENVIRONMENT = { ...process.env, STOWAGE_SET_UP: 'done', DOCKER_HOST: undefined }
const hasLab = labSupport().ok

/** What every demo says that went well, in this order, for three hosts or for one. */
const STORY = [
  /^\$ HELLO_VERSION=\S+ npx stowage synth$/m,
  /^stowage\.out\/hello\.json .* new$/m,
  /^\$ npx stowage diff$/m,
  /9 tasks start|7 tasks start/,
  /^\$ npx stowage apply --yes$/m,
  /^✓ steady/m,
  /^✓ 6 of 6 tasks answer$/m,
  /nothing to do/,
  /^✓ the same \d+ containers as before, and no other$/m,
  /^\$ HELLO_VERSION=\S+ npx stowage synth$/m,
  /^✓ 6 of 6 tasks run the new version; 0 requests failed$/m,
  /^\$ npx stowage ps$/m,
  /^web\.6 .* HEALTHY/m,
]
const END = [
  /^\$ npx stowage destroy --yes$/m,
  /^✓ no container, volume or network more than before/m,
  /^The demo took \d+ s\.$/m,
]

describe('the demo on simulated hosts', () => {
  it('runs from synth to destroy, and says that nothing of it is real', { timeout: 120_000 }, async () => {
    const isNobody = canRunAsNobody()
    const demo = isNobody ? begin([], { uid: NOBODY, gid: NOBODY }) : begin(['--on', 'simulated'])
    expect(await demo.ended, demo.output()).toBe(0)
    expectInOrder(demo.output(), [
      /^!! SIMULATED: the Docker hosts of this demo are not real/m,
      ...STORY,
      ...END,
    ])
    if (isNobody) expect(demo.output()).toContain('a lab needs root')
    expect(foldersOf(demo)).toEqual([])
  })

  it('stays up with --keep, deployed as the document says, until Ctrl-C', { timeout: 120_000 }, async () => {
    const demo = begin(['--on', 'simulated', '--keep'])
    await demo.says(/Ctrl-C ends them/)
    expectInOrder(demo.output(), [...STORY, /what to try next/, /npx stowage diff/, /npx stowage apply/])
    const folder = /^\$ cd (\S+\/hello)$/m.exec(demo.output())?.[1] ?? ''
    const stowage = join(folder, 'node_modules/.bin/stowage')
    await promisify(execFile)(process.execPath, [stowage, 'diff', '--exit-code'], { cwd: folder })
    demo.child.kill('SIGINT')
    expect(await demo.ended, demo.output()).toBe(0)
    expect(foldersOf(demo)).toEqual([])
  })

  it('cleans up after Ctrl-C in the middle of an apply', { timeout: 60_000 }, async () => {
    const demo = begin(['--on', 'simulated'])
    await demo.says(/start-container/)
    demo.child.kill('SIGINT')
    expect(await demo.ended, demo.output()).toBe(130)
    expect(demo.output()).toContain('the simulated hosts are gone')
    expect(foldersOf(demo)).toEqual([])
  })
})

describe.runIf(hasLab)('the demo on a lab', () => {
  it('runs from synth to destroy after one that was killed, and leaves nothing of either', {
    timeout: 240_000,
  }, async () => {
    const killed = begin([])
    await killed.says(/start-container/)
    killed.child.kill('SIGKILL')
    await killed.ended
    const demo = begin([])
    expect(await demo.ended, demo.output()).toBe(0)
    expectInOrder(demo.output(), [/3 real Docker hosts/, ...STORY, ...END])
    const owners = listLabs().map(lab => lab.owner.pid)
    for (const { child } of [killed, demo]) expect(owners).not.toContain(child.pid)
    expect([...foldersOf(killed), ...foldersOf(demo)]).toEqual([])
  })
})

describe.runIf(hasLab)('the demo on the Docker of the machine that it runs on', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await startLab({ hosts: 1, name: 'demo-local' })
  })
  afterAll(() => lab.stop())

  it('runs from synth to destroy, and leaves neither containers nor the images that it pulled', {
    timeout: 180_000,
  }, async () => {
    const image = [
      '--image',
      lab.registry.image('web'),
      '--versions',
      '1,2',
      '--agent-image',
      lab.registry.image('sleep:1'),
    ]
    const command = ['env', 'STOWAGE_SET_UP=done', process.execPath, DEMO, '--on', 'local', ...image]
    const demo = follow(
      spawn('ssh', ['-F', lab.sshConfigFile, 'host-1', ...command], {
        env: { ...process.env, PATH: labPath() },
      }),
    )
    expect(await demo.ended, demo.output()).toBe(0)
    expectInOrder(demo.output(), [/^ {2}local +unix:\/\/\/var\/run\/docker\.sock$/m, ...STORY, ...END])
    const [host] = lab.hosts
    expect(await host?.docker('ps', '-aq')).toBe('')
    expect(await host?.docker('images', '-q')).toBe('')
    expect(foldersOf(demo)).toEqual([])
  })
})

interface Demo {
  readonly child: ChildProcess
  /** The exit code; undefined where a signal ended it. */
  readonly ended: Promise<number | undefined>
  /** Both streams, as they came. */
  output(): string
  /** Resolves once it has said so. */
  says(pattern: RegExp): Promise<void>
}

function begin(args: readonly string[], as: { readonly uid?: number; readonly gid?: number } = {}): Demo {
  // one that is another user has another home
  const env = as.uid === undefined ? ENVIRONMENT : { ...ENVIRONMENT, HOME: '/nonexistent' }
  return follow(spawn(process.execPath, [DEMO, ...args], { cwd: REPOSITORY, env, ...as }))
}

function follow(child: ChildProcess): Demo {
  let output = ''
  let over = false
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const ended = new Promise<number | undefined>((done, fail) => {
    child.on('error', fail)
    // not `close`: what a killed demo has started may hold its output open
    child.on('exit', code => {
      over = true
      done(code ?? undefined)
    })
  })
  return {
    child,
    ended,
    output: () => output,
    says: async pattern => {
      const deadline = Date.now() + 100_000
      while (!pattern.test(output)) {
        if (over || Date.now() > deadline) throw new Error(`it did not say ${pattern}:\n${output}`)
        await sleep(20)
      }
    },
  }
}

function expectInOrder(output: string, patterns: readonly RegExp[]): void {
  let rest = output
  for (const pattern of patterns) {
    const found = pattern.exec(rest)
    expect(found, `${pattern} is missing, or not where it belongs:\n${output}`).not.toBeNull()
    rest = rest.slice((found?.index ?? 0) + (found?.[0].length ?? 0))
  }
}

/** The folders under the system's temporary one that a demo named and that are still there. */
function foldersOf(demo: Demo): string[] {
  return readdirSync(tmpdir()).filter(
    name => /^stowage-(demo|simulated)-/.test(name) && demo.output().includes(name),
  )
}

/** Whether somebody who is not root can read this repository, so that there is neither a lab nor a Docker. */
function canRunAsNobody(): boolean {
  if (process.getuid?.() !== 0) return false
  const script = `fs.readFileSync(${JSON.stringify(DEMO)})`
  return spawnSync(process.execPath, ['-e', script], { uid: NOBODY, gid: NOBODY }).status === 0
}
