import type { TaskFailure } from '../../engine/events.ts'

interface Sign {
  readonly test: (failure: TaskFailure, text: string) => boolean
  readonly cause: string
}

/** The first that fits is the most telling. */
const SIGNS: readonly Sign[] = [
  {
    test: f => f.outOfMemory,
    cause: 'it needs more memory than its limit: raise memory (memoryLimitMiB) in its container definition',
  },
  {
    test: (_, text) => /exec format error/i.test(text),
    cause: "the image is built for another platform than the host's",
  },
  {
    test: f => /no such file or directory|executable file not found/i.test(f.error) || f.exitCode === 127,
    cause: 'the command, or the interpreter that it names, is not in the image',
  },
  {
    test: f => f.exitCode === 126 || /permission denied/i.test(f.error),
    cause: 'the command may not be executed: it is no program, or lacks the right for this user',
  },
  {
    test: (_, text) => /address already in use|port is already allocated/i.test(text),
    cause: 'another process has the port that it listens on',
  },
  {
    test: f => f.health === 'unhealthy' && /(?:not found|no such file)/i.test(f.healthOutput),
    cause: 'the command of its health check is not in the image',
  },
  {
    test: f =>
      f.health === 'unhealthy' &&
      /connection refused|could ?n.t connect|failed to connect/i.test(f.healthOutput),
    cause: 'nothing listens where its health check asks; or it starts slowly: raise startPeriod',
  },
  {
    test: f => f.health === 'unhealthy',
    cause: 'it runs, and its health check says no',
  },
  {
    test: (_, text) =>
      /(?:could not resolve|host not found|name or service not known|ENOTFOUND|bad address)/i.test(text),
    cause: 'it cannot resolve the name of another host',
  },
  {
    test: (_, text) => /connection refused|ECONNREFUSED/i.test(text),
    cause: 'what it connects to does not answer',
  },
  {
    test: (_, text) => /permission denied|EACCES/i.test(text),
    cause: 'its user lacks a right to a file or a port',
  },
  {
    test: f => f.exitCode === 137,
    cause: 'it was killed with SIGKILL, from outside or for the memory of the whole host',
  },
  {
    test: f => f.exitCode === 139,
    cause: 'it crashed: a segmentation fault',
  },
  {
    test: f => f.exitCode === 0 && f.error === '',
    cause: 'its command ends by itself; what a service runs is to stay, in the foreground',
  },
]

/** Why it most likely failed, where that can be told; the signs are checked from the surest on. */
export function likelyCause(failure: TaskFailure): string | undefined {
  const text = [failure.error, failure.healthOutput, ...failure.log].join('\n')
  return SIGNS.find(sign => sign.test(failure, text))?.cause
}
