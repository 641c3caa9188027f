import type { RegistryImage } from '../fake/world.ts'

/** The registry of the scenarios: app and its sidecars run well, the others each fail in a way of their own. */
export function images(): Record<string, RegistryImage> {
  return {
    'app:1': {},
    'app:2': {},
    'app:3': {},
    'other:1': {},
    'sick:1': { behaviour: { health: 'fails', healthOutput: 'no answer on port 80' } },
    'crash:1': {
      behaviour: { exit: { code: 3, afterMs: 0 }, stderr: ['fatal: no such file /etc/app.conf'] },
    },
    'ends:1': { behaviour: { exit: { code: 0, afterMs: 0 } } },
    'oom:1': { behaviour: { exit: { code: 137, afterMs: 0, oomKilled: true } } },
    'unstartable:1': { behaviour: { startError: 'exec: "/run": permission denied: unknown' } },
  }
}
