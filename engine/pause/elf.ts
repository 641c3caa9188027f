/** The processors that a program can be written for, in ECS's words. */
export type Architecture = 'x86_64' | 'arm64'

/** e_machine of the ELF header. */
const MACHINES: Readonly<Record<Architecture, number>> = { x86_64: 62, arm64: 183 }

const HEADER = 64
const PROGRAM_HEADER = 56
const BASE = 0x400000
/** The largest page that Linux has on these processors. */
const PAGE = 0x10000
const READ = 4
const EXECUTE = 1

/** A static ELF executable of one segment, which begins with the first instruction of `code`. */
export function executable(architecture: Architecture, code: Uint8Array): Uint8Array {
  const start = HEADER + PROGRAM_HEADER
  const bytes = new Uint8Array(start + code.length)
  const view = new DataView(bytes.buffer)
  // 64 bits, little-endian, version 1
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  view.setUint16(16, 2, true) // ET_EXEC
  view.setUint16(18, MACHINES[architecture], true)
  view.setUint32(20, 1, true)
  view.setBigUint64(24, BigInt(BASE + start), true) // e_entry
  view.setBigUint64(32, BigInt(HEADER), true) // e_phoff
  view.setUint16(52, HEADER, true)
  view.setUint16(54, PROGRAM_HEADER, true)
  view.setUint16(56, 1, true) // e_phnum
  view.setUint16(58, 64, true) // e_shentsize
  const at = HEADER
  view.setUint32(at, 1, true) // PT_LOAD
  view.setUint32(at + 4, READ | EXECUTE, true)
  view.setBigUint64(at + 16, BigInt(BASE), true) // p_vaddr
  view.setBigUint64(at + 24, BigInt(BASE), true)
  view.setBigUint64(at + 32, BigInt(bytes.length), true)
  view.setBigUint64(at + 40, BigInt(bytes.length), true)
  view.setBigUint64(at + 48, BigInt(PAGE), true)
  bytes.set(code, start)
  return bytes
}
