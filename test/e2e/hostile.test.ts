import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ContainerDefinition } from '../../engine/desired-state/document.generated.ts'
import { CANARY, HOSTILE } from '../support/hostile.ts'
import { hasLab, run, Scenario } from './support.ts'

const TEXTS = Object.values(HOSTILE)
/** All of them at once, until it is about 75 KB. */
const LARGE = TEXTS.join('|').repeat(100)
const LONG_NAME = 'n'.repeat(255)

describe.runIf(hasLab)('a document of 1 MB with hostile strings', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 1 })
  })
  afterAll(() => scenario.end())

  const environment = () => [
    ...TEXTS.map((value, i) => ({ name: `${i} ${value.replaceAll('=', ':')}`, value })),
    { name: 'LARGE', value: LARGE },
  ]
  const labels = () => ({
    ...Object.fromEntries(TEXTS.map((text, i) => [`${i} ${text}`, text])),
    LARGE,
  })
  const container = (name: string): ContainerDefinition => ({
    name,
    image: scenario.lab.registry.image('sleep:1'),
    memory: 16,
    stopTimeout: 1,
    entryPoint: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done', 'sh'],
    command: [...TEXTS, LARGE],
    environment: environment(),
    dockerLabels: labels(),
    // each is an argument of `true`, which takes any
    healthCheck: { command: ['CMD', 'true', ...TEXTS], interval: 5 },
    secrets: [{ name: 'SECRET', valueFrom: `exec:echo $(touch ${CANARY}) \`touch ${CANARY}\` > ${CANARY}` }],
    mountPoints: [{ sourceVolume: 'data', containerPath: "/data $(touch CANARY) 'x" }],
  })
  const document = () =>
    scenario.document({
      taskDefinitions: {
        hostile: {
          containerDefinitions: Array.from({ length: 5 }, (_, i) => container(`c${i}`)),
          tags: TEXTS.map((value, i) => ({ key: `${i} ${value}`.slice(0, 128), value: value.slice(0, 256) })),
          volumes: [{ name: 'data', dockerVolumeConfiguration: { labels: labels() } }],
        },
        [LONG_NAME]: {
          containerDefinitions: [
            { name: LONG_NAME, image: scenario.lab.registry.image('sleep:1'), memory: 16, stopTimeout: 1 },
          ],
        },
      },
      services: Object.fromEntries(
        ['hostile', LONG_NAME].map(name => [
          name,
          { taskDefinition: name, deploymentConfiguration: { steadyAfterSeconds: 1 } },
        ]),
      ),
    })

  /** The CLI as somebody calls it whose files and folders have such names, too. */
  const stowage = async (command: string, state: ReturnType<typeof document>, ...flags: string[]) => {
    const folder = join(scenario.folder, `'; touch ${CANARY}; $(touch ${CANARY}) \`touch ${CANARY}\` "é\n`)
    mkdirSync(folder, { recursive: true })
    const files = { knownHosts: scenario.lab.knownHosts, identity: scenario.lab.identityFile }
    const [knownHosts, identity] = Object.entries(files).map(([name, path]) => {
      copyFileSync(path, join(folder, name))
      return join(folder, name)
    })
    const keys = ['--known-hosts', knownHosts ?? '', '--identity', identity ?? '']
    const file = join(folder, 'prod.json')
    copyFileSync(scenario.write(state), file)
    return await run([command, '--document', file, ...keys, ...flags], folder).ended
  }
  const docker = (...args: string[]) => scenario.host(0).docker(...args)

  it('runs, and each string is in the container byte for byte: arguments, environment, labels, tags, secrets', async () => {
    expect(JSON.stringify(document()).length).toBeGreaterThan(1_000_000)
    const ended = await stowage('apply', document(), '--yes')
    expect(ended.code, ended.stdout.slice(-2000) + ended.stderr).toBe(0)
    const containers = (await scenario.containers()).filter(c => c.service === 'hostile')
    expect(containers).toHaveLength(5)
    for (const { id } of containers) {
      const [{ Config: config }] = JSON.parse(await docker('inspect', id)) as [
        { Config: { Labels: Record<string, string> } },
      ]
      expect(config.Labels).toMatchObject(labels())
      for (const [i, text] of TEXTS.entries())
        expect(config.Labels[`stowage.tag.${`${i} ${text}`.slice(0, 128)}`]).toBe(text.slice(0, 256))
      // what the kernel gave to process 1
      const cmdline = (await docker('exec', id, 'cat', '/proc/1/cmdline')).split('\0')
      expect(cmdline.slice(4, -1)).toEqual([...TEXTS, LARGE])
      const environ = (await docker('exec', id, 'cat', '/proc/1/environ')).split('\0')
      for (const { name, value } of environment()) expect(environ).toContain(`${name}=${value}`)
      expect(environ).toContain(`SECRET=$(touch ${CANARY}) \`touch ${CANARY}\` > ${CANARY}`)
    }
    const [volume] = JSON.parse(
      await docker('volume', 'inspect', (await docker('volume', 'ls', '-q')).split('\n')[0] ?? ''),
    ) as [{ Labels: Record<string, string> }]
    expect(volume.Labels).toMatchObject(labels())
  })

  it('reads back as it was asked for, and nothing that is printed does anything to a terminal', async () => {
    // colours are for terminals: there is no escape of ours in what is captured
    // oxlint-disable-next-line no-control-regex -- there is to be none
    const controls = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/
    const same = await stowage('diff', document(), '--exit-code')
    expect(same.code, same.stdout + same.stderr).toBe(0)
    const other = document()
    const [first] = other.taskDefinitions?.['hostile']?.containerDefinitions ?? []
    if (first) {
      first.environment = TEXTS.map((_, i) => ({ name: `${i}`, value: TEXTS[(i + 1) % TEXTS.length] ?? '' }))
      first.dockerLabels = Object.fromEntries(TEXTS.map((text, i) => [`${i} ${text}`, `${text}!`]))
    }
    const changed = await stowage('diff', other, '--exit-code')
    expect(changed.code).toBe(2)
    const ps = await stowage('ps', document())
    expect(ps.code).toBe(0)
    for (const { stdout, stderr } of [same, changed, ps]) expect(stdout + stderr).not.toMatch(controls)
  })

  it('reaches no shell: not here, not on the host, not in a container', async () => {
    const folders = ['/', process.cwd(), homedir(), scenario.folder, '/root', '/tmp']
    for (const folder of folders) expect(existsSync(join(folder, CANARY)), folder).toBe(false)
    for (const { id } of (await scenario.containers()).filter(c => c.state === 'running'))
      expect(await docker('exec', id, 'sh', '-c', 'find / -xdev -name CANARY 2>/dev/null || true')).toBe('')
  })
})
