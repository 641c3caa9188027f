import { type Architecture, executable } from './elf.ts'

/**
 * The program of the pause container: it does nothing, so that the namespaces that it was started in stay. It ends
 * with 0 on SIGTERM or SIGINT, and takes leave of processes that were left to it, as the first of a process
 * namespace must. The three signals are blocked and waited for: no handler, no memory but the stack.
 *
 *     block SIGINT, SIGTERM, SIGCHLD
 *     wait: signal = sigtimedwait(those)      a fault (a stop and a continue): wait
 *           if signal is not SIGCHLD: exit(0)
 *     reap: while wait4(-1, WNOHANG) > 0: reap
 *           goto wait
 */
export function pauseProgram(architecture: Architecture): Uint8Array {
  return executable(architecture, CODE[architecture])
}

/** Each instruction's bytes, and what an assembler would have been given for it. */
const X86_64: readonly (readonly [bytes: string, source: string])[] = [
  ['68 02 40 01 00', 'push $0x14002'], // 1<<(SIGINT-1) | 1<<(SIGTERM-1) | 1<<(SIGCHLD-1)
  ['6a 0e', 'push $14'], // rt_sigprocmask
  ['58', 'pop %rax'],
  ['31 ff', 'xor %edi,%edi'], // SIG_BLOCK
  ['48 89 e6', 'mov %rsp,%rsi'],
  ['31 d2', 'xor %edx,%edx'],
  ['6a 08', 'push $8'],
  ['41 5a', 'pop %r10'], // bytes of a set
  ['0f 05', 'syscall'],
  ['b8 80 00 00 00', 'wait: mov $128,%eax'], // rt_sigtimedwait
  ['48 89 e7', 'mov %rsp,%rdi'],
  ['31 f6', 'xor %esi,%esi'],
  ['31 d2', 'xor %edx,%edx'],
  ['6a 08', 'push $8'],
  ['41 5a', 'pop %r10'],
  ['0f 05', 'syscall'],
  ['85 c0', 'test %eax,%eax'],
  ['78 ea', 'js wait'],
  ['83 f8 11', 'cmp $17,%eax'], // SIGCHLD
  ['74 07', 'je reap'],
  ['6a 3c', 'push $60'], // exit
  ['58', 'pop %rax'],
  ['31 ff', 'xor %edi,%edi'],
  ['0f 05', 'syscall'],
  ['6a 3d', 'reap: push $61'], // wait4
  ['58', 'pop %rax'],
  ['6a ff', 'push $-1'],
  ['5f', 'pop %rdi'],
  ['31 f6', 'xor %esi,%esi'],
  ['6a 01', 'push $1'], // WNOHANG
  ['5a', 'pop %rdx'],
  ['45 31 d2', 'xor %r10d,%r10d'],
  ['0f 05', 'syscall'],
  ['85 c0', 'test %eax,%eax'],
  ['7f ec', 'jg reap'],
  ['eb c8', 'jmp wait'],
]

/** Little-endian, as memory has them. */
const ARM64: typeof X86_64 = [
  ['40 00 88 d2', 'mov x0,#0x4002'],
  ['20 00 a0 f2', 'movk x0,#1,lsl #16'],
  ['e0 0f 1f f8', 'str x0,[sp,#-16]!'],
  ['00 00 80 d2', 'mov x0,#0'],
  ['e1 03 00 91', 'mov x1,sp'],
  ['02 00 80 d2', 'mov x2,#0'],
  ['03 01 80 d2', 'mov x3,#8'],
  ['e8 10 80 d2', 'mov x8,#135'], // rt_sigprocmask
  ['01 00 00 d4', 'svc #0'],
  ['e0 03 00 91', 'wait: mov x0,sp'],
  ['01 00 80 d2', 'mov x1,#0'],
  ['02 00 80 d2', 'mov x2,#0'],
  ['03 01 80 d2', 'mov x3,#8'],
  ['28 11 80 d2', 'mov x8,#137'], // rt_sigtimedwait
  ['01 00 00 d4', 'svc #0'],
  ['1f 00 00 71', 'cmp w0,#0'],
  ['2b ff ff 54', 'b.lt wait'],
  ['1f 44 00 71', 'cmp w0,#17'],
  ['80 00 00 54', 'b.eq reap'],
  ['00 00 80 d2', 'mov x0,#0'],
  ['a8 0b 80 d2', 'mov x8,#93'], // exit
  ['01 00 00 d4', 'svc #0'],
  ['00 00 80 92', 'reap: mov x0,#-1'],
  ['01 00 80 d2', 'mov x1,#0'],
  ['22 00 80 d2', 'mov x2,#1'],
  ['03 00 80 d2', 'mov x3,#0'],
  ['88 20 80 d2', 'mov x8,#260'], // wait4
  ['01 00 00 d4', 'svc #0'],
  ['1f 00 00 71', 'cmp w0,#0'],
  ['2c ff ff 54', 'b.gt reap'],
  ['eb ff ff 17', 'b wait'],
]

const CODE: Readonly<Record<Architecture, Uint8Array>> = {
  x86_64: assembled(X86_64),
  arm64: assembled(ARM64),
}

function assembled(lines: typeof X86_64): Uint8Array {
  return Uint8Array.from(lines.flatMap(([bytes]) => bytes.split(' ').map(byte => Number.parseInt(byte, 16))))
}
