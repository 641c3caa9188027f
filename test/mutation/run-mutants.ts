import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Mutant, Orders, Outcome, Said } from './protocol.ts'

/** The tests of one mutant come to their end within this, or are in a loop. */
const PATIENCE = 120_000

/** What becomes of each mutant. A loop that cannot be left costs the process; the next goes on behind it. */
export async function runMutants(
  sandbox: string,
  testFiles: string[],
  mutants: Mutant[],
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  for (let left = idsOf(mutants); left.length > 0; left = left.filter(id => !outcomes.has(id))) {
    const stuckAt = await runProcess(
      sandbox,
      { testFiles: testFiles.map(f => join(sandbox, f)), mutants: left },
      outcomes,
    )
    if (stuckAt) outcomes.set(stuckAt, 'timeout')
  }
  return outcomes
}

/** Ends with the mutant that it was stuck at, if any. */
function runProcess(
  sandbox: string,
  orders: Orders,
  outcomes: Map<string, Outcome>,
): Promise<string | undefined> {
  const child = start(sandbox)
  let trying: string | undefined
  let timer: NodeJS.Timeout | undefined
  return new Promise((resolve, reject) => {
    child.on('message', (said: Said) => {
      clearTimeout(timer)
      if ('ready' in said && said.ready === 0) child.send(orders)
      if ('trying' in said) {
        trying = said.trying
        timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
      }
      if ('mutant' in said) {
        trying = undefined
        outcomes.set(said.mutant, said.outcome)
        if (outcomes.size % 100 === 0) console.log(`  ${outcomes.size} tried`)
      }
    })
    child.on('exit', code => {
      clearTimeout(timer)
      if (code === 0 || trying) resolve(trying)
      else reject(new Error('the tests do not pass without a mutant: run npm test first'))
    })
  })
}

function start(sandbox: string): ChildProcess {
  return fork(join(sandbox, 'test/mutation/try-mutants.ts'), {
    cwd: sandbox,
    execArgv: ['--import', 'tsx'],
    // few generated cases for each of thousands of mutants
    env: {
      ...process.env,
      STOWAGE_PROPERTY_RUNS: '0.1',
      TSX_TSCONFIG_PATH: join(sandbox, 'test/mutation/tsconfig.json'),
    },
  })
}

function idsOf(mutants: Mutant[]): string[] {
  return mutants.map(({ id }) => id)
}
