import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, until } from './command.ts'
import { cleanAbandonedLabs, startLab } from './lab.ts'
import type { Lab, LabHost } from './lab.ts'
import { bridgeOf } from './network.ts'
import { labSupport } from './packages.ts'
import { membersOf } from './processes.ts'
import { LABS_FOLDER, listLabs, withLabsLock } from './record.ts'

const support = labSupport()

describe.runIf(support.ok || process.env.CI === 'true')(
  'a lab of two Docker hosts',
  { timeout: 60_000 },
  () => {
    let lab: Lab
    let first: LabHost
    let second: LabHost
    let mark: string

    beforeAll(async () => {
      lab = await startLab({ hosts: 2, name: 'lab.test' })
      const [one, two] = lab.hosts
      if (one === undefined || two === undefined) throw new Error('two hosts were asked for')
      first = one
      second = two
      mark = listLabs().find(record => record.number === lab.number)?.mark ?? ''
    }, 120_000)

    afterAll(() => lab?.stop())

    test('hosts are machines of their own, as dockerd and ssh see them', async () => {
      const facts = await Promise.all(
        lab.hosts.map(host => host.docker('info', '--format', '{{.Name}} {{.ID}}')),
      )
      expect(new Set(facts.map(fact => fact.split(' ')[1])).size).toBe(2)
      expect(facts.map(fact => fact.split(' ')[0])).toEqual(['host-1', 'host-2'])
      const hostname = await run('ssh', [
        '-F',
        lab.sshConfigFile,
        '-o',
        'StrictHostKeyChecking=yes',
        'host-2',
        'hostname',
      ])
      expect(hostname).toBe('host-2\n')
      expect(readFileSync(second.sshdLog, 'utf8').match(/^Connection from/gm)).toHaveLength(1)
      expect(readFileSync(lab.knownHosts, 'utf8')).toContain(`${first.ip} ${first.hostKey}`)
    })

    test('an image is pulled by its digest and answers on a published port of every host', async () => {
      const options = ['--memory', '32m', '--restart', 'unless-stopped', '--env', 'LAB_SLOT=7']
      const check = ['--health-cmd', 'wget -q -O- localhost/health', '--health-interval', '500ms']
      const image = lab.registry.imageByDigest('web:1')
      await Promise.all(
        lab.hosts.map(host =>
          host.docker(
            'run',
            '-d',
            '--name',
            'web',
            '-h',
            `web-on-${host.name}`,
            '-p',
            '8080:80',
            ...options,
            ...check,
            image,
          ),
        ),
      )
      for (const host of lab.hosts) {
        await until('the first answer', 10_000, () => answerOf(host).catch(() => undefined))
        expect(await answerOf(host)).toEqual({ version: '1', hostname: `web-on-${host.name}`, slot: '7' })
        await until(
          'a healthy container',
          20_000,
          async () => (await inspect(host, '.State.Health.Status')) === 'healthy',
        )
        expect(await inspect(host, '.HostConfig.Memory')).toBe(String(32 << 20))
      }
      const fromTheOther = [
        'run',
        '--rm',
        lab.registry.image('sleep:1'),
        'wget',
        '-q',
        '-O-',
        `http://${first.ip}:8080/`,
      ]
      expect(await second.docker(...fromTheOther)).toContain('web-on-host-1')
    })

    test('a memory limit kills the container that goes over it', async () => {
      await first
        .docker('run', '--name', 'oom', '--memory', '16m', lab.registry.image('oom:1'))
        .catch(() => {})
      // Docker may hear of the kill a moment after the exit
      const field = (name: string) => first.docker('inspect', 'oom', '--format', `{{.State.${name}}}`)
      await until('the end of the container', 20_000, async () => (await field('Running')) === 'false')
      await until('a container that memory killed', 10_000, async () => (await field('OOMKilled')) === 'true')
      expect(await field('ExitCode')).toBe('137')
    })

    test('a container that crashes leaves its exit code and its last words', async () => {
      await expect(first.docker('run', '--name', 'crash', lab.registry.image('crash:1'))).rejects.toThrow(
        'fatal: no such file',
      )
      expect(await first.docker('inspect', 'crash', '--format', '{{.State.ExitCode}}')).toBe('3')
    })

    test('a request in flight is answered when its container is stopped', async () => {
      await second.docker('run', '-d', '--name', 'slow', '-p', '8081:80', lab.registry.image('web:2'))
      const url = `http://${second.ip}:8081`
      await until('the first answer', 10_000, () => fetch(url).catch(() => undefined))
      const [answer] = await Promise.all([
        fetch(`${url}/slow?ms=1500`),
        until('the request in flight', 10_000, async () =>
          (await second.docker('logs', 'slow')).includes('asked for /slow'),
        ).then(() => second.docker('stop', 'slow')),
      ])
      expect(await answer.json()).toMatchObject({ version: '2' })
      expect(await second.docker('inspect', 'slow', '--format', '{{.State.ExitCode}}')).toBe('0')
    })

    test('the registry with a login refuses those who have none', async () => {
      const { machineAddress, user, password } = lab.registry.private
      const url = `http://${machineAddress}/v2/lab/web/manifests/1`
      const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
      expect((await fetch(url)).status).toBe(401)
      expect((await fetch(url, { method: 'HEAD', headers: { authorization } })).status).toBe(200)
      await expect(first.docker('pull', `${lab.registry.private.address}/lab/web:1`)).rejects.toThrow(
        'no basic auth',
      )
    })

    test('a tag can be moved to another image', async () => {
      expect(await lab.registry.tag('lab/web:2', 'lab/web:moving')).toBe(
        lab.registry.digests.get('lab/web:2'),
      )
    })

    test('a host that reboots starts its containers again, and a restart of dockerd too', async () => {
      await first.reboot()
      await until('the answer after the reboot', 20_000, () => answerOf(first).catch(() => undefined))
      await first.restartDockerd()
      await until('the answer after the restart', 20_000, () => answerOf(first).catch(() => undefined))
    })

    test('a host that is cut off answers nothing until the cable is back', async () => {
      await second.cut()
      await expect(fetch(`http://${second.ip}:8080/`, { signal: AbortSignal.timeout(500) })).rejects.toThrow()
      expect(await inspect(second, '.State.Running')).toBe('true')
      await second.restore()
      await until('the answer after the cut', 20_000, () =>
        fetch(`http://${second.ip}:8080/`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined),
      )
    })

    test('sshd can be started again with other settings', async () => {
      const login = () => run('ssh', ['-F', lab.sshConfigFile, 'host-1', 'true'])
      await first.restartSshd(['DenyUsers root'])
      await expect(login()).rejects.toThrow('Permission denied')
      await first.restartSshd()
      await login()
    })

    test('a host can be added while the others run', async () => {
      const third = await lab.addHost()
      expect(third.name).toBe('host-3')
      expect(
        await run('ssh', ['-F', lab.sshConfigFile, '-o', 'StrictHostKeyChecking=yes', 'host-3', 'hostname']),
      ).toBe('host-3\n')
    })

    test('stop leaves nothing behind', async () => {
      expect(remainsOf(lab.number, mark)).not.toEqual([])
      await lab.stop()
      expect(remainsOf(lab.number, mark)).toEqual([])
    })

    test('a lab whose process was killed is removed, and one whose process lives is not', async () => {
      const [dead, alive] = await Promise.all([startLabElsewhere(), startLabElsewhere()])
      dead.process.kill('SIGKILL')
      await once(dead.process, 'exit')
      const record = listLabs().find(lab => lab.number === dead.number)
      expect(remainsOf(dead.number, record?.mark ?? '')).not.toEqual([])
      const lines: string[] = []
      const removed = await withLabsLock(() => cleanAbandonedLabs(line => lines.push(line)))
      expect(removed.map(lab => lab.number)).toContain(dead.number)
      expect(lines.join()).toContain(`removing lab ${dead.number} (elsewhere)`)
      expect(removed.map(lab => lab.number)).not.toContain(alive.number)
      expect(remainsOf(dead.number, record?.mark ?? '')).toEqual([])
      alive.process.stdin.end()
      await once(alive.process, 'exit')
      expect(listLabs().map(lab => lab.number)).not.toContain(alive.number)
    })
  },
)

test('a machine that can have no lab is told why', () => {
  const reasonFor = (platform: string, uid: number | undefined) => labSupport({ platform, uid })
  expect(reasonFor('darwin', 501)).toEqual({ ok: false, reason: 'a lab needs Linux; this is darwin' })
  expect(reasonFor('linux', 1000)).toMatchObject({ ok: false, reason: expect.stringContaining('needs root') })
})

async function answerOf(host: LabHost): Promise<unknown> {
  return (await fetch(`http://${host.ip}:8080/`, { signal: AbortSignal.timeout(5000) })).json()
}

function inspect(host: LabHost, field: string): Promise<string> {
  return host.docker('inspect', 'web', '--format', `{{${field}}}`)
}

/** All that a lab may have made on the machine. */
function remainsOf(number: number, mark: string): string[] {
  const bridge = bridgeOf(number)
  const links =
    execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' }).match(
      new RegExp(`${bridge}(h\\d+)?[:@]`, 'g'),
    ) ?? []
  const rules = execFileSync('iptables', ['-w', '-S'], { encoding: 'utf8' }).split('\n')
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const cgroups = ['/sys/fs/cgroup', ...readdirSync('/sys/fs/cgroup').map(name => `/sys/fs/cgroup/${name}`)]
  const folder = `${LABS_FOLDER}/${number}`
  return [
    ...links,
    ...rules.filter(
      rule => rule.includes(`"stowage-lab-${number}"`) || rule.includes(`stowage-lab-${number} `),
    ),
    ...mounts.filter(mount => mount.includes(`${folder}/`)),
    ...cgroups.map(parent => `${parent}/stowage-lab/${number}`).filter(existsSync),
    ...[folder, `${LABS_FOLDER}/.gone-${mark}`].filter(existsSync),
    ...membersOf(mark).map(pid => `process ${pid}`),
  ]
}

/** A lab of another process, which stops it when its stdin ends. */
async function startLabElsewhere() {
  const script = `
    import { startLab } from ${JSON.stringify(fileURLToPath(new URL('lab.ts', import.meta.url)))}
    startLab({ hosts: 1, name: 'elsewhere', registry: false }).then(lab => {
      console.log(lab.number)
      process.stdin.resume().on('end', () => lab.stop())
    })`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  for await (const line of createInterface(child.stdout)) return { process: child, number: Number(line) }
  throw new Error('the other process ended without a lab')
}
