import { readFileSync, realpathSync } from 'node:fs'
import { posix } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packTar } from 'modern-tar'
import type { TarEntry } from 'modern-tar'
import { findCommand, run } from './command.ts'
import { digestOf } from './image-push.ts'
import type { BuiltImage, BuiltLayer } from './image-push.ts'

// all that shells, health checks and people need inside; busybox has more
const APPLETS =
  'sh cat cp date dd df echo env false free grep head hostname id ip kill ls mkdir mount nc nslookup ping ps pwd rm sed sleep sync tail test timeout top touch tr true uname wc wget which whoami'
// without a modification time a tar would be another one every time
const MTIME = new Date(0)

/**
 * The lab's images, made from files of this machine: busybox and perl with their C libraries.
 * web:1, web:2   an HTTP server on PORT (80) that says its version; see web.pl
 * sleep:1        does nothing, ends at once on SIGTERM
 * router:1       a log router that prints what it gets; see router.pl
 * crash:1        prints three lines to stderr and exits with 3
 * oom:1          takes memory until it is killed
 * All have a shell, ps, nslookup and wget; Debian's wget crashes with -T, so say `timeout 5 wget …`.
 */
export async function testImages(): Promise<BuiltImage[]> {
  const base = await baseLayer()
  const server = await layerOf([file('srv/web.pl', readFileSync(new URL('web.pl', import.meta.url)))])
  const web = async (version: string): Promise<BuiltImage> => ({
    name: `lab/web:${version}`,
    layers: [base, server, await layerOf([file('version', `${version}\n`)])],
    config: { ...config(['/usr/bin/perl', '/srv/web.pl']), ExposedPorts: { '80/tcp': {} } },
  })
  const script = (name: string, text: string): BuiltImage => ({
    name: `lab/${name}:1`,
    layers: [base],
    config: config(['/bin/sh', '-c', text]),
  })
  const crash = ['starting', 'reading /etc/app.conf', 'fatal: no such file /etc/app.conf']
  return [
    await web('1'),
    await web('2'),
    // the shell sees the signal only between commands, or in wait
    script('sleep', 'trap "exit 0" TERM INT; while :; do sleep 3600 & wait $!; done'),
    { name: 'lab/router:1', layers: [base, await routerLayer()], config: config(ROUTER) },
    script('crash', `${crash.map(line => `echo "${line}" >&2`).join('; ')}; exit 3`),
    // Docker misses a kill right after the start or of process 1; so a child is killed between two seconds of rest
    script(
      'oom',
      `sleep 1; perl -e 'my @all; push @all, "x" x 1000000 while 1'; code=$?; sleep 1; exit $code`,
    ),
  ]
}

/** What a log router runs. */
export const ROUTER = ['/usr/bin/perl', '/srv/router.pl']

export function routerLayer(): Promise<BuiltLayer> {
  return layerOf([
    file('srv/router.pl', readFileSync(new URL('router.pl', import.meta.url))),
    file('fluent-bit/etc/parsers.conf', '# of the image\n'),
  ])
}

export function config(command: readonly string[]): Record<string, unknown> {
  return { Cmd: command, Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'] }
}

export async function baseLayer(): Promise<BuiltLayer> {
  const entries = new Map<string, TarEntry>()
  for (const [command, place] of [
    ['busybox', 'bin/busybox'],
    ['perl', 'usr/bin/perl'],
  ] as const) {
    const path = findCommand(command)
    if (path === undefined) throw new Error(`this machine has no ${command}`)
    entries.set(place, file(place, readFileSync(path), 0o755))
    for (const library of await librariesOf(path)) {
      const inside = library.slice(1)
      entries.set(inside, file(inside, readFileSync(realpathSync(library)), 0o755))
    }
  }
  for (const applet of APPLETS.split(' ')) entries.set(`bin/${applet}`, link(`bin/${applet}`, 'busybox'))
  entries.set(
    'etc/passwd',
    file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n'),
  )
  entries.set('etc/group', file('etc/group', 'root:x:0:\nnogroup:x:65534:\n'))
  entries.set('etc/nsswitch.conf', file('etc/nsswitch.conf', 'hosts: files dns\n'))
  entries.set('tmp/', { header: { name: 'tmp/', size: 0, type: 'directory', mode: 0o1777, mtime: MTIME } })
  return layerOf([...entries.values()])
}

/** The shared libraries that a program is loaded with, its loader too. */
async function librariesOf(program: string): Promise<string[]> {
  return [...(await run('ldd', [program])).matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) =>
    posix.normalize(path),
  )
}

export async function layerOf(entries: readonly TarEntry[]): Promise<BuiltLayer> {
  const tar = await packTar(entries)
  return { gzip: gzipSync(tar, { level: 1 }), diffId: digestOf(tar) }
}

export function file(name: string, body: string | Uint8Array, mode = 0o644): TarEntry {
  const bytes = Buffer.from(body)
  return { header: { name, size: bytes.length, mode, mtime: MTIME, uid: 0, gid: 0 }, body: bytes }
}

export function link(name: string, target: string): TarEntry {
  return { header: { name, size: 0, type: 'symlink', linkname: target, mtime: MTIME, uid: 0, gid: 0 } }
}
