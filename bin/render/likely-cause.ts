import type { TaskFailure } from '../../engine/events.ts'

/** What a failure looks like, and what that most likely means; `found` is what the pattern found in the text. */
interface Sign {
  readonly test: (failure: TaskFailure, text: string) => unknown
  readonly cause: string | ((failure: TaskFailure, found: string) => string)
}

/** A pattern in Docker's words, the health check's output or the last lines. */
const says = (pattern: RegExp) => (_: TaskFailure, text: string) => pattern.exec(text)
/** In Docker's own words on why it did not start. */
const refusedWith = (pattern: RegExp) => (failure: TaskFailure) => pattern.exec(failure.error)
const exited = (code: number) => (failure: TaskFailure) => failure.exitCode === code
/** In what its health check printed. */
const checkSays = (pattern: RegExp) => (failure: TaskFailure) =>
  failure.health === 'unhealthy' && pattern.exec(failure.healthOutput)

/** The names that programs give when they cannot resolve them. */
const UNRESOLVED =
  /(?:host not found in upstream|could ?n[o']t resolve host(?:name)?:?|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|bad address|unknown host:?|could not translate host name) ["'`]?([A-Za-z0-9._-]+)|lookup ([A-Za-z0-9._-]+)(?: on [^:]+(?::\d+)?)?: (?:no such host|server misbehaving)|name or service not known|temporary failure in name resolution/i

/** The first that fits is the most telling. */
const SIGNS: readonly Sign[] = [
  {
    test: f => f.outOfMemory,
    cause: f =>
      f.memoryMiB > 0
        ? `it needs more memory than its limit of ${f.memoryMiB} MiB: raise memory (memoryLimitMiB) in its container definition`
        : 'the host has no more memory: give it a limit (memoryLimitMiB), or the host less to do',
  },
  {
    test: says(/exec format error/i),
    cause: "the image is built for another platform than the host's",
  },
  {
    test: refusedWith(/could not select device driver|nvidia-container/i),
    cause: 'Docker has no runtime for the GPU there: install the NVIDIA container toolkit on the host',
  },
  {
    test: refusedWith(/bind source path does not exist|mounting .* no such file|not a directory.*mount/i),
    cause: 'what it mounts is not on the host, or is no folder there',
  },
  {
    test: refusedWith(/port is already allocated|address already in use/i),
    cause: 'another process of the host has the port that it is published on',
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
    test: says(/address already in use|EADDRINUSE/i),
    cause: 'another process has the port that it listens on',
  },
  {
    test: checkSays(/not found|no such file/i),
    cause: 'the command of its health check is not in the image',
  },
  {
    test: checkSays(/connection refused|could ?n.t connect|failed to connect/i),
    cause: 'nothing listens where its health check asks; or it starts slowly: raise startPeriod',
  },
  {
    test: checkSays(/exceeded timeout|timed out/i),
    cause: 'its health check takes longer than its timeout',
  },
  {
    test: f => f.health === 'unhealthy',
    cause: 'it runs, and its health check says no',
  },
  {
    test: says(/JavaScript heap out of memory|java\.lang\.OutOfMemoryError|MemoryError/),
    cause: 'its own limit of memory is too low for what it does: raise that of its runtime, or its memory',
  },
  {
    test: says(UNRESOLVED),
    cause: (_, name) =>
      name === '' ? 'it cannot resolve the name of another host' : `it cannot resolve the name ${name}`,
  },
  {
    test: says(/password authentication failed|access denied for user|authentication failed|WRONGPASS/i),
    cause: 'what it logs in to refuses it: its password, or its user, is another one there',
  },
  {
    test: says(/certificate (?:has expired|signed by unknown|verify failed)|self.signed certificate|x509:/i),
    cause: 'it does not trust the certificate of what it connects to',
  },
  {
    test: says(/connection refused|ECONNREFUSED|ETIMEDOUT|connection timed out|i\/o timeout/i),
    cause: 'what it connects to does not answer',
  },
  {
    test: says(/no space left on device|ENOSPC|disk quota exceeded/i),
    cause: 'the disk of the host, or a volume, is full',
  },
  {
    test: says(/read-only file ?system|EROFS/i),
    cause: 'it writes where it may only read: readonlyRootFilesystem, or a mount that is readOnly',
  },
  {
    test: says(/too many open files|EMFILE/i),
    cause: 'it may not open so many files: raise nofile in ulimits',
  },
  {
    test: says(/permission denied|EACCES|operation not permitted|EPERM/i),
    cause: 'its user lacks a right to a file or a port',
  },
  {
    test: says(
      /(?:environment variable|env(?:ironment)? var)\S* .*(?:not set|not defined|required|missing)|(?:missing|required|undefined) env(?:ironment)?\b/i,
    ),
    cause: 'a variable that it needs is not in its environment',
  },
  {
    test: says(
      /cannot find module|ModuleNotFoundError|ClassNotFoundException|error while loading shared libraries/i,
    ),
    cause: 'something that it needs is not in the image',
  },
  {
    test: f => f.exitCode === 137 && f.memoryMiB > 0,
    cause: f =>
      `it was killed with SIGKILL: most likely it came to its limit of ${f.memoryMiB} MiB of memory; else somebody did it from outside`,
  },
  {
    test: exited(137),
    cause: 'it was killed with SIGKILL, from outside or for the memory of the whole host',
  },
  {
    test: exited(139),
    cause: 'it crashed: a segmentation fault',
  },
  {
    test: exited(134),
    cause: 'it ended itself by abort: a check of its own failed',
  },
  {
    test: exited(132),
    cause: "it used an instruction that the host's processor does not have",
  },
  {
    test: exited(143),
    cause: 'it was asked to end with SIGTERM, from outside',
  },
  {
    test: f => f.exitCode === 0 && f.error === '',
    cause: 'its command ends by itself; what a service runs is to stay, in the foreground',
  },
]

/** Why it most likely failed, where that can be told; the signs are checked from the surest on. */
export function likelyCause(failure: TaskFailure): string | undefined {
  const text = [failure.error, failure.healthOutput, ...failure.log].join('\n')
  for (const { test, cause } of SIGNS) {
    const found = test(failure, text)
    if (!found) continue
    if (typeof cause === 'string') return cause
    const [name] = Array.isArray(found) ? found.slice(1).filter(part => part !== undefined) : []
    return cause(failure, typeof name === 'string' ? name : '')
  }
  return undefined
}
