/** What answers the system calls of a program. */
export interface Kernel {
  /**
   * @param memory the eight bytes on top of the stack
   * @returns what the call gives; undefined ends the program
   */
  call(number: bigint, args: bigint[], memory: bigint): bigint | undefined
}

const MOST_STEPS = 1000
const STACK = 0x7000n

/** Runs a program of the few instructions of arm64 that the pause program has; throws at any other. */
export function arm64(code: Uint8Array, kernel: Kernel): void {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
  const x = Array.from({ length: 31 }, () => 0n)
  let [sp, top, compared, pc] = [STACK, 0n, 0, 0]
  const reg = (n: number) => x[n] ?? 0n
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const word = view.getUint32(pc, true)
    const imm16 = BigInt((word >>> 5) & 0xffff)
    const rd = word & 31
    let jump = 4
    if (word >>> 21 === 0b11010010100) x[rd] = imm16
    else if (word >>> 21 === 0b11110010101) x[rd] = reg(rd) | (imm16 << 16n)
    else if (word >>> 21 === 0b10010010100) x[rd] = -imm16 - 1n
    else if (word >>> 0 === 0xf81f0fe0) [sp, top] = [sp - 16n, reg(0)]
    else if ((word & 0xffffffe0) >>> 0 === 0x910003e0) x[rd] = sp
    else if ((word & 0xffc003ff) >>> 0 === 0x7100001f)
      compared = Number(BigInt.asIntN(32, reg(0))) - ((word >>> 10) & 0xfff)
    else if (word >>> 24 === 0x54) {
      const conditions: Readonly<Record<number, boolean>> = {
        0: compared === 0,
        11: compared < 0,
        12: compared > 0,
      }
      const taken = conditions[word & 15]
      if (taken === undefined) throw new Error(`condition ${word & 15}`)
      if (taken) jump = 4 * signed((word >>> 5) & 0x7ffff, 19)
    } else if (word >>> 26 === 5) jump = 4 * signed(word & 0x3ffffff, 26)
    else if (word >>> 0 === 0xd4000001) {
      const answer = kernel.call(reg(8), x.slice(0, 4), top)
      if (answer === undefined) return
      x[0] = answer
    } else throw new Error(`no instruction that is known: ${word.toString(16)} at ${pc}`)
    pc += jump
  }
  throw new Error(`it does not end after ${MOST_STEPS} instructions`)
}

function signed(value: number, bits: number): number {
  return value >= 2 ** (bits - 1) ? value - 2 ** bits : value
}
