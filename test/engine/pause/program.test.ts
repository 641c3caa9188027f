import { describe, expect, it } from 'vitest'
import { PAUSE_IMAGE, pauseImage } from '../../../engine/pause/image.ts'
import { pauseProgram } from '../../../engine/pause/program.ts'
import { arm64, type Kernel } from './arm64.ts'

const HEADERS = 120

describe('the pause program', () => {
  it.each(['x86_64', 'arm64'] as const)(
    'for %s is a static executable of a few hundred bytes',
    architecture => {
      const program = pauseProgram(architecture)
      const view = new DataView(program.buffer)
      expect(program.length).toBeLessThan(400)
      expect(new TextDecoder().decode(program.subarray(1, 4))).toBe('ELF')
      expect(view.getUint16(18, true)).toBe(architecture === 'x86_64' ? 62 : 183)
      expect(view.getBigUint64(24, true)).toBe(BigInt(0x400000 + HEADERS))
      expect(view.getBigUint64(HEADERS - 24, true)).toBe(BigInt(program.length))
    },
  )

  it('for arm64 waits with the three signals blocked, takes leave of the dead, and ends on SIGTERM', () => {
    const kernel = new Script([
      ['rt_sigprocmask', 0],
      ['rt_sigtimedwait', 17],
      ['wait4', 8],
      ['wait4', 9],
      ['wait4', 0],
      ['rt_sigtimedwait', -4],
      ['rt_sigtimedwait', 17],
      ['wait4', -10],
      ['rt_sigtimedwait', 15],
      ['exit', 0],
    ])
    arm64(pauseProgram('arm64').subarray(HEADERS), kernel)
    const [first, second, third] = kernel.calls
    expect(first).toMatchObject({ name: 'rt_sigprocmask', args: [0n, expect.anything(), 0n, 8n] })
    expect(first?.memory).toBe(BigInt((1 << 1) | (1 << 14) | (1 << 16)))
    expect(second).toMatchObject({ name: 'rt_sigtimedwait', args: [first?.args[1], 0n, 0n, 8n] })
    expect(third).toMatchObject({ name: 'wait4', args: [-1n, 0n, 1n, 0n] })
    expect(kernel.calls.at(-1)).toMatchObject({ name: 'exit', args: [0n, 0n, 0n, 8n] })
    expect(kernel.left).toBe(0)
  })

  it('is imported under a name that is a digest of it, for the processors that it is written for', () => {
    expect(PAUSE_IMAGE).toMatch(/^stowage\/pause:[0-9a-f]{12}$/)
    expect(pauseImage('x86_64')).toMatchObject({ path: 'pause', changes: ['ENTRYPOINT ["/pause"]'] })
    expect(pauseImage('riscv64')).toBeUndefined()
  })
})

const CALLS: Readonly<Record<string, string>> = {
  135: 'rt_sigprocmask',
  137: 'rt_sigtimedwait',
  260: 'wait4',
  93: 'exit',
}

/** Answers the calls that are expected, in their order; exit ends it. */
class Script implements Kernel {
  readonly calls: { name: string; args: bigint[]; memory: bigint }[] = []
  readonly #expected: (readonly [string, number])[]

  constructor(expected: (readonly [string, number])[]) {
    this.#expected = expected
  }

  get left(): number {
    return this.#expected.length
  }

  call(number: bigint, args: bigint[], memory: bigint): bigint | undefined {
    const name = CALLS[String(number)] ?? `call ${number}`
    this.calls.push({ name, args, memory })
    const [expected, answer] = this.#expected.shift() ?? ['nothing', 0]
    if (name !== expected) throw new Error(`${name} where ${expected} was expected`)
    return name === 'exit' ? undefined : BigInt(answer)
  }
}
