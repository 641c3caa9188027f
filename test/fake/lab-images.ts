import type { RegistryImage } from './world.ts'

/** The login of the images that want one. */
export const LAB_LOGIN = { username: 'lab', password: 'secret' }

/**
 * The images of the lab's registry under the lab's own names, for a fake host: web:1 and web:2 serve HTTP, sleep:1
 * sleeps, crash:1 exits with 3, oom:1 is killed for its memory. At registry.lab:5001 they want LAB_LOGIN.
 */
export function labImages(): Record<string, RegistryImage> {
  const images = new Map<string, RegistryImage>()
  const web = (version: string): RegistryImage => ({
    behaviour: { web: true, stdout: [`version ${version}`] },
    cmd: ['/usr/bin/perl', '/srv/web.pl'],
    exposedPorts: ['80/tcp'],
    files: { '/version': `${version}\n` },
  })
  const crash = ['starting', 'reading /etc/app.conf', 'fatal: no such file /etc/app.conf']
  images.set('lab/web:1', web('1'))
  images.set('lab/web:2', web('2'))
  images.set('lab/sleep:1', { cmd: ['/bin/sh', '-c', 'sleep'] })
  images.set('lab/crash:1', {
    cmd: ['/bin/sh', '-c', 'crash'],
    behaviour: { exit: { code: 3, afterMs: 0 }, stderr: crash },
  })
  images.set('lab/oom:1', {
    cmd: ['/usr/bin/perl', '-e', 'oom'],
    behaviour: { exit: { code: 137, afterMs: 100, oomKilled: true } },
  })
  return Object.fromEntries(
    [...images].flatMap(([name, image]) => {
      const settings = { ...image, env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'] }
      return [
        [`registry.lab:5000/${name}`, settings],
        [`registry.lab:5001/${name}`, { ...settings, needsLogin: LAB_LOGIN }],
      ]
    }),
  )
}
