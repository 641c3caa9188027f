import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deploymentId } from '../../bin/carry-out.ts'
import { main } from '../../bin/cli.ts'
import type { Event } from '../../engine/events.ts'
import { logicalClock } from '../fake/clock.ts'
import { createFakeHost, type FakeHost } from '../fake/fake-host.ts'
import { labImages } from '../fake/lab-images.ts'
import { fakeTerminal, type FakeTerminalOptions } from './fake-terminal.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()
const images = labImages()
let host: FakeHost
let address: string

beforeAll(async () => {
  host = createFakeHost({ name: 'a', images })
  address = await host.listen()
})
afterAll(() => host.close())

interface Parts {
  readonly image?: string
  readonly count?: number
  readonly instances?: object
}

/** Writes a document of one service, which is steady as soon as it runs. */
function document({ image = 'sleep:1', count = 2, instances }: Parts = {}): string {
  const file = join(folder, 'prod.json')
  const value = {
    schemaVersion: 1,
    cluster: 'prod',
    containerInstances: instances ?? { a: { address } },
    taskDefinitions: {
      web: {
        containerDefinitions: [
          {
            name: 'c',
            image: `registry.lab:5000/lab/${image}`,
            mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }],
            stopTimeout: 2,
          },
        ],
        volumes: [{ name: 'data', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } }],
      },
    },
    services: {
      web: { taskDefinition: 'web', desiredCount: count, deploymentConfiguration: { steadyAfterSeconds: 1 } },
    },
  }
  writeFileSync(file, JSON.stringify(value))
  return file
}

async function stowage(args: readonly string[], options: FakeTerminalOptions = {}) {
  const terminal = fakeTerminal({ cwd: folder, ...options })
  const code = await main(args, terminal)
  return { code, out: terminal.out(), err: terminal.err() }
}

const containers = () => [...host.world.containers.values()].map(c => c.name).sort()

describe('apply, ps and destroy on a fake host', () => {
  test('without a terminal and without --yes nothing is changed', async () => {
    const { code, out, err } = await stowage(['apply', '--document', document()])
    expect(code).toBe(1)
    expect(out).toContain('+ web   REPLICA 2')
    expect(err).toContain('✗ CONFIRMATION_NEEDED')
    expect(containers()).toEqual([])
  })

  test('a no changes nothing', async () => {
    const { code, err } = await stowage(['apply', '--document', document()], { answer: 'n' })
    expect(code).toBe(1)
    expect(err).toContain('Apply this to prod? [y/N] ')
    expect(err).toContain('Nothing was changed.')
    expect(containers()).toEqual([])
  })

  test('diff --exit-code says 2 where there are changes', async () => {
    expect((await stowage(['diff', '--document', document(), '--exit-code'])).code).toBe(2)
    expect((await stowage(['diff', '--document', document()])).code).toBe(0)
  })

  test('--json gives the plan, the events and the report, a line each and nothing else', async () => {
    const { code, out, err } = await stowage(['apply', '--document', document(), '--yes', '--json'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Event | { event: 'plan' })
    expect(lines[0]).toMatchObject({ event: 'plan', plan: { cluster: 'prod', starts: 2 } })
    expect(lines.at(-1)).toMatchObject({ event: 'apply-ended', report: { outcome: 'steady' } })
    expect(lines.filter(l => l.event === 'step-done').length).toBeGreaterThan(3)
  })

  test('a second apply has nothing to do, asks nothing and takes no lock', async () => {
    const { code, out } = await stowage(['apply', '--document', document()])
    expect(code).toBe(0)
    expect(out).toBe('prod  nothing to do: 1 container instance, 1 service as the document says\n')
    expect((await stowage(['diff', '--document', document(), '--exit-code'])).code).toBe(0)
  })

  test('ps shows the tasks, and goes on without a host that does not answer', async () => {
    const instances = { a: { address }, gone: { address: 'unix:///nowhere/docker.sock' } }
    const { code, out, err } = await stowage(['ps', '--document', document({ instances })])
    expect(code).toBe(0)
    expect(out).toMatch(/web {2}REPLICA {2}2 of 2 healthy/)
    expect(out).toMatch(/^web\.2 {2}c {10}a {9}running/m)
    expect(err).toContain('! DOCKER_MISSING')
    const failed = await stowage(['ps', '--document', document({ instances }), '--on-unreachable', 'fail'])
    expect(failed.code).toBe(1)
    expect(failed.err).toContain('1 of 2 container instances cannot be used; nothing was changed')
  })

  test('a yes on a terminal applies, in plain lines where nothing can be redrawn', async () => {
    const { code, out } = await stowage(['apply', '--document', document({ count: 3 })], { answer: 'y' })
    expect(code).toBe(0)
    expect(out).toContain('] a  start-container web.3')
    expect(out).toContain('✓ steady after')
  })

  test('on a terminal the view is redrawn, and gone at the end', async () => {
    const { code, out } = await stowage(['apply', '--document', document({ count: 2 })], {
      answer: 'y',
      isTTY: true,
    })
    expect(code).toBe(0)
    expect(out).toContain('\u001B[J')
    expect(out.slice(out.lastIndexOf('\u001B[J'))).toContain('\u001B[J✓ steady after')
  })

  test('an image that does not exist is a problem of the plan, and nothing is changed', async () => {
    const before = containers()
    const { code, out } = await stowage(['apply', '--document', document({ image: 'nothing:1' }), '--yes'])
    expect(code).toBe(1)
    expect(out).toContain('✗ IMAGE_NOT_FOUND')
    expect(out).toMatch(/1 problem: apply changes nothing while there is one\.\n$/)
    expect(containers()).toEqual(before)
  })

  test('a deployment that fails ends with 1, the last lines and the likely next step', async () => {
    const { code, out } = await stowage(['apply', '--document', document({ image: 'crash:1' }), '--yes'])
    expect(code).toBe(1)
    expect(out).toContain('      | fatal: no such file /etc/app.conf')
    expect(out).toContain('✗ DEPLOYMENT_FAILED  web: ')
  })

  test('the first Ctrl-C ends it with 130, and the locks are released', async () => {
    const file = document({ image: 'web:1', count: 4 })
    const sent = { times: 0 }
    const terminal = fakeTerminal({
      cwd: folder,
      onOut: text => {
        if (sent.times === 0 && text.includes('wave 1')) {
          sent.times++
          terminal.interrupt()
        }
      },
    })
    expect(await main(['apply', '--document', file, '--yes'], terminal)).toBe(130)
    expect(terminal.err()).toContain('Ctrl-C: ending the step in hand; Ctrl-C again leaves at once')
    expect(terminal.out()).toContain('! interrupted after')
    expect(terminal.exits).toEqual([])
    expect(containers()).not.toContain('prod.lock')
  })

  test('a Ctrl-C before there is a plan changes nothing', async () => {
    const before = containers()
    const terminal = fakeTerminal({ cwd: folder, onOut: () => terminal.interrupt() })
    expect(await main(['apply', '--document', document({ image: 'web:2' }), '--yes'], terminal)).toBe(130)
    expect(terminal.err()).toContain('✗ INTERRUPTED  interrupted; nothing was changed')
    expect(containers()).toEqual(before)
  })

  test('the second Ctrl-C leaves at once', async () => {
    const file = document({ image: 'web:2', count: 4 })
    const sent = { times: 0 }
    const terminal = fakeTerminal({
      cwd: folder,
      onOut: text => {
        if (sent.times > 0 || !text.includes('wave 1')) return
        sent.times++
        terminal.interrupt('SIGTERM')
        terminal.interrupt('SIGINT')
      },
    })
    await main(['apply', '--document', file, '--yes'], terminal)
    expect(terminal.exits).toEqual([130])
  })

  test('destroy keeps the shared volume and says so; --volumes removes it; nothing else is left', async () => {
    const kept = await stowage(['destroy', '--document', document(), '--yes'])
    expect(kept.code).toBe(0)
    expect(kept.out).toContain('  kept: the volume data on a')
    expect(kept.out).toContain('✓ destroyed after')
    expect(containers()).toEqual([])
    expect([...host.world.volumes.keys()]).toEqual(['data'])
    const removed = await stowage(['destroy', '--document', document(), '--yes', '--volumes'])
    expect(removed.code).toBe(0)
    expect([...host.world.volumes.keys()]).toEqual([])
    const again = await stowage(['destroy', '--document', document(), '--volumes'])
    expect(again.out).toBe('prod  nothing to remove: 1 container instance, no service runs\n')
  })
})

test('what --no-wait has begun is waited for by the next apply, which asks nothing', async () => {
  const clock = logicalClock()
  const still = createFakeHost({ name: 'b', images, clock })
  const instances = { b: { address: await still.listen() } }
  try {
    const begun = await stowage(['apply', '--document', document({ instances }), '--yes', '--no-wait'])
    expect(begun.code).toBe(0)
    expect(begun.out).toContain('not waited for: web 0 of 2 healthy, 2 starting')
    const onOut = (text: string) => {
      if (text.includes('2 starting')) clock.advance(10_000)
    }
    const waited = await stowage(['apply', '--document', document({ instances })], { onOut })
    expect(waited.code).toBe(0)
    expect(waited.out).toContain('There is nothing to do now; not every service is steady yet.')
    expect(waited.out).toMatch(/✓ steady after \d+ s: 0 steps done/)
  } finally {
    await still.close()
  }
})

test('deployment ids are in the order of their times, and unique', () => {
  const ids = [deploymentId(1), deploymentId(36 ** 8), deploymentId(36 ** 8 + 1)]
  expect(ids.toSorted()).toEqual(ids)
  expect(deploymentId(1)).not.toBe(deploymentId(1))
})
