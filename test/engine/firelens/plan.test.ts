import { describe, expect, it } from 'vitest'
import { createBody } from '../../../engine/apply/create-body.ts'
import { desiredConfig } from '../../../engine/container-config.ts'
import { observedLog } from '../../../engine/container-config/log.ts'
import { socketVolumeName } from '../../../engine/firelens/router.ts'
import type { Action } from '../../../engine/plan.ts'
import { forecast } from '../../../engine/simulate.ts'
import {
  context,
  document,
  emptyHosts,
  instances,
  look,
  printWaves,
  settledWorld,
} from '../../support/worlds.ts'

const hosts = emptyHosts('a')

function web(task: object = {}) {
  return document({
    containerInstances: instances('a'),
    taskDefinitions: {
      web: {
        containerDefinitions: [
          {
            name: 'app',
            image: 'app:1',
            logConfiguration: { logDriver: 'awsfirelens', options: { Name: 'stdout' } },
          },
          { name: 'router', image: 'fluent-bit:3', firelensConfiguration: { type: 'fluentbit' } },
        ],
        ...task,
      },
    },
    services: { web: { taskDefinition: 'web', desiredCount: 1 } },
  })
}

/** What the containers are created with, by name. */
function bodies(desired = web()) {
  const { waves } = forecast(desired, hosts, context(desired))
  const creates = waves
    .flatMap(w => w.plan.steps.map(s => s.action))
    .filter((a): a is Action & { kind: 'create-container' } => a.kind === 'create-container')
  return Object.fromEntries(creates.map(a => [a.container, { task: a.task, body: createBody(a) }]))
}

/** The host, with Docker's folder there; undefined: Docker did not tell. */
function rooted(dockerRoot: string | undefined) {
  const a = hosts.instances['a']
  if (!a?.reachable) throw new Error('no host')
  return {
    instances: { a: { ...a, engine: { ...a.engine, ...(dockerRoot && { dockerRoot }) } } },
  }
}

const short = (line: string) =>
  line
    .replaceAll(/[0-9a-f]{16}/g, 'ID')
    .replaceAll(/[0-9a-f]{8}/g, 'REV')
    .replace(/ \([^(]*\)$/, '')

describe('a task with a log router', () => {
  it('starts it first, with its configuration put into it, and the socket’s volume before both', () => {
    expect(printWaves(web(), hosts).slice(3).map(short)).toEqual([
      'wave 2',
      ' 0 a create volume stowage-firelens-ID',
      ' 1 a create web.1 router of REV after 0',
      ' 2 a create web.1 app of REV after 0, 1',
      ' 3 a put the configuration of the log router into prod.web.1.REV.router after 1',
      ' 4 a start prod.web.1.REV.router after 3',
      ' 5 a start prod.web.1.REV.app after 2, 4',
    ])
  })

  it('stops it last, and removes its volume', () => {
    const desired = web()
    const gone = { ...desired, services: {} }
    const [, ...lines] = printWaves(gone, settledWorld(desired, hosts)).map(short)
    expect(lines).toEqual([
      ' 0 a stop prod.web.1.REV.app (up to 30 s)',
      ' 1 a remove prod.web.1.REV.app after 0',
      ' 2 a stop prod.web.1.REV.router (up to 30 s) after 0',
      ' 3 a remove prod.web.1.REV.router after 2',
      ' 4 a remove volume stowage-firelens-ID after 1, 3',
    ])
  })

  it('tells the log driver where its own router listens, and the program, too', () => {
    const { app, router } = bodies()
    if (!app || !router) throw new Error('no task')
    const volume = socketVolumeName(app.task)
    expect(app.body.HostConfig?.LogConfig).toEqual({
      Type: 'fluentd',
      Config: {
        'fluentd-address': `unix:///var/lib/docker/volumes/${volume}/_data/fluent.sock`,
        'fluentd-async': 'true',
        'fluentd-sub-second-precision': 'true',
        mode: 'non-blocking',
        'max-buffer-size': '10m',
        tag: `app-firelens-web-1-${app.task.revision.slice(0, 8)}`,
      },
    })
    expect(app.body.Env).toEqual(['FLUENT_HOST=firelens', 'FLUENT_PORT=24224'])
    expect(app.body.HostConfig?.Links).toEqual([expect.stringMatching(/^prod\.web\.1\..*\.router:firelens$/)])
    expect(router.body.HostConfig?.Binds).toEqual([`${volume}:/var/run`])
    expect(router.body.HostConfig?.Mounts).toMatchObject([{ Type: 'volume', Target: '/fluent-bit/etc' }])
  })

  it('shares its address with it in awsvpc, and only the socket in network mode host', () => {
    expect(bodies(web({ networkMode: 'awsvpc' }))['app']?.body.Env).toEqual([
      'FLUENT_HOST=127.0.0.1',
      'FLUENT_PORT=24224',
    ])
    const { app } = bodies(web({ networkMode: 'host' }))
    expect(app?.body.Env).toEqual([])
    expect(app?.body.HostConfig?.Links).toBeUndefined()
  })

  it('shows in docker inspect what was asked for, wherever Docker has its folder', () => {
    const desired = web()
    const { app } = bodies(desired)
    const [definition] = desired.taskDefinitions['web']?.containerDefinitions ?? []
    const task = desired.taskDefinitions['web']
    const raw = app?.body.HostConfig?.LogConfig
    if (!app || !raw || !definition || !task) throw new Error('no task')
    const moved = {
      ...raw.Config,
      'fluentd-address': raw.Config['fluentd-address']?.replace('/var/lib', '/srv') ?? '',
    }
    const seen = observedLog({ Type: raw.Type, Config: moved }, new Set(), app.task)
    expect(seen.options).toMatchObject(desiredConfig(task, definition).log?.options ?? {})
    const others = { ...app.task, slot: '2' }
    expect(observedLog(raw, new Set(), others).options['fluentd-address']).toMatch(/^unix:/)
  })

  it('sends its output to where Docker has its folder; only what is routed is told of it', () => {
    const made = (dockerRoot?: string) =>
      look(web(), rooted(dockerRoot)).plan.steps.flatMap(({ action }) =>
        action.kind === 'create-container' ? [action] : [],
      )
    const address = (action: Action & { kind: 'create-container' }) =>
      createBody(action).HostConfig?.LogConfig?.Config['fluentd-address']
    const [router, app] = made('/srv/docker')
    if (!router || !app) throw new Error('no task')
    expect(address(app)).toBe(`unix:///srv/docker/volumes/${socketVolumeName(app.task)}/_data/fluent.sock`)
    expect(router).not.toHaveProperty('dockerRoot')
    expect(made().filter(action => 'dockerRoot' in action)).toEqual([])
  })

  it('is placed only where the path of its socket is not too long', () => {
    const folder = (length: number) => rooted(`/${'x'.repeat(length - 1)}`)
    expect(look(web(), folder(47)).problems).toEqual([])
    expect(look(web(), folder(48)).problems[0]?.message).toMatch(/short enough for a log router's socket/)
    const plain = web({ containerDefinitions: [{ name: 'app', image: 'app:1' }] })
    expect(look(plain, folder(48)).problems).toEqual([])
  })

  it('is at rest once it runs', () => {
    const desired = web()
    expect(look(desired, settledWorld(desired, hosts))).toMatchObject({
      converged: true,
      plan: { steps: [] },
    })
  })
})
