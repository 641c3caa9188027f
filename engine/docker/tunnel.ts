import type { Duplex } from 'node:stream'
import type { ClientChannel } from 'ssh2'
import { StowageError } from '../errors.ts'
import { Slots } from './slots.ts'
import type { SshConnection } from './ssh-connection.ts'

/** The way to the Docker socket on one host. */
export interface Tunnel {
  readonly way: 'socket' | 'streamlocal' | 'dial-stdio'
  /** How many requests may be under way: short ones, long ones and those that wait for no other apart. */
  readonly requests: number
  readonly transfers: number
  readonly urgent: number
  /** Opens one channel to the Docker socket. */
  open(): Promise<Duplex>
}

// sshd's MaxSessions is 10 by default and counts dial-stdio; it does not count streamlocal.
const STDIO = { requests: 5, transfers: 3, urgent: 1 }
export const STREAMLOCAL = { requests: 64, transfers: 16, urgent: 4 }

// Fixed texts: the socket's path comes by stdin, so that no data is ever part of a command.
const DIAL_STDIO = `sh -c 'IFS= read -r s; exec docker --host "unix://$s" system dial-stdio'`
export const DIAGNOSE = [
  `sh -c 'IFS= read -r s; if [ ! -S "$s" ]; then w=missing; elif [ ! -r "$s" ] || [ ! -w "$s" ]; then w=refused;`,
  `elif [ -r /proc/net/unix ] && ! grep -qF " $s" /proc/net/unix`,
  `&& ! grep -qF " $(readlink -f "$s")" /proc/net/unix; then w=silent; else w=there; fi;`,
  `if command -v docker >/dev/null 2>&1; then c=cli; else c=bare; fi; echo "stowage: $w $c"'`,
].join(' ')

/**
 * Finds the way to the Docker socket: streamlocal, else `docker system dial-stdio`. Throws the cause where
 * neither works: DOCKER_MISSING, DOCKER_REFUSED, DOCKER_NOT_RUNNING, SSH_FORWARDING_REFUSED or CONNECTION_LOST.
 */
export async function openTunnel(ssh: SshConnection, socketPath: string, timeoutMs: number): Promise<Tunnel> {
  let gone: (error: StowageError) => void = () => undefined
  const lost = new Promise<never>((_, reject) => {
    gone = reject
  })
  lost.catch(() => undefined)
  ssh.onLost(why =>
    gone(new StowageError('CONNECTION_LOST', `The connection to ${ssh.where} broke: ${why}.`)),
  )
  const deadline = setTimeout(
    () =>
      gone(
        new StowageError(
          'DOCKER_TIMEOUT',
          `${ssh.where} did not open its Docker socket in ${timeoutMs / 1000} s.`,
        ),
      ),
    timeoutMs,
  )
  try {
    return await Promise.race([findWay(ssh, socketPath), lost])
  } finally {
    clearTimeout(deadline)
  }
}

async function findWay(ssh: SshConnection, socketPath: string): Promise<Tunnel> {
  try {
    const channel = await ssh.openSocket(socketPath)
    channel.destroy()
    return { way: 'streamlocal', ...STREAMLOCAL, open: () => ssh.openSocket(socketPath) }
  } catch (error) {
    // Every refusal looks alike from here: the host must be asked.
    const found = await diagnose(ssh, socketPath)
    if (found.socket === 'missing')
      throw new StowageError('DOCKER_MISSING', `There is no ${socketPath} on ${ssh.where}.`)
    if (found.socket === 'refused') {
      throw new StowageError('DOCKER_REFUSED', `${ssh.where} may not use ${socketPath}.`, { cause: error })
    }
    if (found.cli) await tryDialStdio(ssh, socketPath)
    else throw withoutCli(ssh, socketPath, found.socket)
  }
  const sessions = new Slots(STDIO.requests + STDIO.transfers + STDIO.urgent)
  return { way: 'dial-stdio', ...STDIO, open: () => dialStdio(ssh, socketPath, sessions) }
}

interface Diagnosis {
  /** silent: nobody listens on it; unknown: the host would not run a command. */
  readonly socket: 'missing' | 'refused' | 'silent' | 'there' | 'unknown'
  readonly cli: boolean
}

async function diagnose(ssh: SshConnection, socketPath: string): Promise<Diagnosis> {
  const said = await runFixed(ssh, DIAGNOSE, `${socketPath}\n`).catch(() => '')
  const [, socket, cli] = /stowage: (missing|refused|silent|there) (cli|bare)/.exec(said) ?? []
  if (socket === 'missing' || socket === 'refused' || socket === 'silent' || socket === 'there') {
    return { socket, cli: cli === 'cli' }
  }
  return { socket: 'unknown', cli: false }
}

function withoutCli(ssh: SshConnection, socketPath: string, socket: Diagnosis['socket']): StowageError {
  if (socket === 'silent')
    return new StowageError('DOCKER_NOT_RUNNING', `Nothing answers on ${socketPath} of ${ssh.where}.`)
  return new StowageError(
    'SSH_FORWARDING_REFUSED',
    socket === 'unknown'
      ? `sshd of ${ssh.where} forwards no socket and runs no command.`
      : `sshd of ${ssh.where} does not forward ${socketPath}, and there is no docker CLI for dial-stdio.`,
  )
}

/** One ping through dial-stdio; throws what stands in its way. */
async function tryDialStdio(ssh: SshConnection, socketPath: string): Promise<void> {
  const ping = 'GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n'
  const said = await runFixed(ssh, DIAL_STDIO, `${socketPath}\n${ping}`).catch(String)
  if (said.startsWith('HTTP/')) return
  const words = said.trim().split('\n').at(-1) ?? ''
  if (/permission denied/i.test(said)) {
    throw new StowageError('DOCKER_REFUSED', `${ssh.where} may not use ${socketPath}: ${words}`)
  }
  if (/daemon running|connection refused|cannot connect|failed to connect/i.test(said)) {
    throw new StowageError('DOCKER_NOT_RUNNING', `Nothing answers on ${socketPath} of ${ssh.where}: ${words}`)
  }
  throw new StowageError(
    'SSH_FORWARDING_REFUSED',
    `sshd of ${ssh.where} does not forward ${socketPath}, and docker system dial-stdio failed: ${words || 'it said nothing'}`,
  )
}

async function dialStdio(ssh: SshConnection, socketPath: string, sessions: Slots): Promise<Duplex> {
  const leave = await sessions.enter()
  try {
    const channel = await ssh.exec(DIAL_STDIO)
    channel.once('close', leave)
    // Unread, its window would fill and stop the channel.
    channel.stderr.resume()
    channel.write(`${socketPath}\n`)
    return channel
  } catch (error) {
    leave()
    throw error
  }
}

/** What a fixed command answers to `input`: its first output, or all of its stderr where there was none. */
async function runFixed(ssh: SshConnection, command: string, input: string): Promise<string> {
  const channel = await ssh.exec(command)
  try {
    return await firstWords(channel, input)
  } finally {
    channel.destroy()
  }
}

async function firstWords(channel: ClientChannel, input: string): Promise<string> {
  return await new Promise(resolve => {
    let errors = ''
    let output = ''
    channel.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    channel.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes('\n')) resolve(output)
    })
    channel.once('close', () => resolve(output || errors))
    channel.write(input)
  })
}
