import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { runSize } from './cases.ts'

/**
 * How long the planner takes, as one JSON document.
 * @example npm run bench:planner -- --size 1000x10000 --size 10000x100000 --seed 1
 */
const { values } = parseArgs({
  options: {
    size: { type: 'string', multiple: true, default: ['1000x10000', '10000x100000', '10000x1000000'] },
    seed: { type: 'string', default: '1' },
  },
})

const sizes = values.size.map(size => {
  const [, hosts, tasks] = /^(\d+)x(\d+)$/.exec(size) ?? []
  if (hosts === undefined || tasks === undefined) throw new Error(`${size} is not HOSTSxTASKS`)
  return runSize(Number(hosts), Number(tasks), Number(values.seed))
})
const [cpu] = cpus()
console.log(
  JSON.stringify({ node: process.version, cpu: cpu?.model, seed: Number(values.seed), sizes }, null, 2),
)
