import { spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasLab, run, Scenario, until } from './support.ts'

describe.runIf(hasLab)('logs and exec, over SSH', () => {
  let scenario: Scenario
  let file: string
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 2 })
    file = scenario.write(document('one'))
    await scenario.apply(document('one'))
  })
  afterAll(() => scenario.end())

  const talks = (text: string) => ({
    name: 'app',
    image: scenario.lab.registry.image('sleep:1'),
    stopTimeout: 2,
    command: [
      '/bin/sh',
      '-c',
      `trap "exit 0" TERM; echo "${text} says hello"; echo "${text} complains" >&2; while :; do sleep 3600 & wait $!; done`,
    ],
  })
  const document = (text: string) =>
    scenario.document({
      taskDefinitions: {
        app: { containerDefinitions: [talks(text), { ...talks('beside'), name: 'log', essential: false }] },
        closed: { containerDefinitions: [talks('closed')] },
      },
      services: {
        app: {
          taskDefinition: 'app',
          desiredCount: 2,
          enableExecuteCommand: true,
          deploymentConfiguration: { steadyAfterSeconds: 1 },
        },
        closed: { taskDefinition: 'closed', deploymentConfiguration: { steadyAfterSeconds: 1 } },
      },
    })
  const flags = () => {
    const { knownHosts, identityFile } = scenario.lab
    return ['--document', file, '--known-hosts', knownHosts, '--identity', identityFile]
  }
  const stowage = (command: string, args: readonly string[], input?: string) =>
    run([command, ...flags(), ...args], scenario.folder, {}, input).ended

  it('prints the lines of all tasks of a service, and whose they are', async () => {
    const { stdout, code } = await stowage('logs', ['app', '--container', 'app'])
    expect(code).toBe(0)
    expect(stdout.trim().split('\n').sort()).toEqual([
      'app.1 | one complains',
      'app.1 | one says hello',
      'app.2 | one complains',
      'app.2 | one says hello',
    ])
    const json = await stowage('logs', ['app.1', '--container', 'app', '--tail', '1', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ task: 'app.1', container: 'app' })
    const unknown = await stowage('logs', ['nobody'])
    expect(unknown.code).toBe(1)
    expect(unknown.stderr).toContain('TASK_UNKNOWN')
  })

  it('follows a service across a deployment', async () => {
    const following = run(['logs', ...flags(), 'app', '--container', 'app', '--follow'], scenario.folder)
    await until(
      async () => following.output(),
      seen => seen.includes('one says hello'),
    )
    await scenario.apply(document('two'))
    const seen = await until(
      async () => following.output(),
      text => (text.match(/two says hello/g) ?? []).length === 2,
    )
    // each line once
    expect(seen.match(/one says hello/g)).toHaveLength(2)
    following.child.kill('SIGINT')
    expect((await following.ended).code).toBe(0)
  })

  it('runs a command, with its streams and its exit code, and no shell in between', async () => {
    const odd = `$(touch /canary) 'a' "b"`
    const said = await stowage('exec', ['app.1', '--container', 'app', '--', 'echo', odd])
    expect(said).toMatchObject({ code: 0, stdout: `${odd}\n` })
    const script = 'cat; echo wrong >&2; exit 7'
    const args = ['app', '--container', 'app', '--', 'sh', '-c', script]
    const big = 'x'.repeat(300_000)
    const fed = await stowage('exec', args, big)
    expect(fed.code).toBe(7)
    expect(fed.stdout).toBe(big)
    expect(fed.stderr).toContain('wrong')
  })

  it('refuses where it is not allowed, where the container is not clear, and what is not there', async () => {
    const closed = await stowage('exec', ['closed', '--', 'true'])
    expect(closed.code).toBe(1)
    expect(closed.stderr).toContain('EXEC_NOT_ENABLED')
    const unclear = await stowage('exec', ['app.1', '--', 'true'])
    expect(unclear.stderr).toContain('Name one with --container: app, log.')
    const missing = await stowage('exec', ['app.1', '--container', 'app', '--', '/no/such/program'])
    expect(missing.code).not.toBe(0)
    expect(missing.stderr + missing.stdout).toContain('/no/such/program')
  })

  it('gives a person at a terminal a terminal inside', async () => {
    const command = ['exec', ...flags(), 'app.1', '--container', 'app', '--', 'sh']
    const words = [process.execPath, 'dist/bin/stowage.js', ...command].map(w => `'${w}'`).join(' ')
    const child = spawn('script', ['-qec', words, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
    let seen = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      seen += text
    })
    const ended = new Promise(resolve => child.on('close', resolve))
    const prompt = async (times: number) =>
      await until(
        async () => seen,
        text => (text.match(/[#$] /g) ?? []).length >= times,
      )
    await prompt(1)
    child.stdin.write('[ -t 0 ] && echo "term""inal"\r')
    await until(
      async () => seen,
      text => text.includes('terminal'),
    )
    child.stdin.write('exit 5\r')
    expect(await ended).toBe(5)
  })
})
