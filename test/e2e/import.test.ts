import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DesiredStateDocument, TaskDefinition } from '../../engine/desired-state/document.generated.ts'
import { importTaskDefinition } from '../../engine/import/import-task-definition.ts'
import { REAL_TASK_DEFINITIONS } from '../support/ecs-task-definitions.ts'
import { hasLab, run, Scenario } from './support.ts'

/** One of them as it came in; several have one family, so that the service has a number besides. */
interface Real {
  readonly service: string
  readonly task: TaskDefinition
}

const REAL: readonly Real[] = REAL_TASK_DEFINITIONS.map(({ fixed, expected }, i) => {
  const { family, taskDefinition, problems } = importTaskDefinition(fixed, {
    lenient: true,
    ignoreUnsupported: expected.unsupported?.split(' ') ?? [],
  })
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return { service: `${family}-${i}`, task: withinLimits(taskDefinition) }
})

/** Where this machine itself may open fewer files than a task definition asks for: so many. */
function withinLimits(task: TaskDefinition): TaskDefinition {
  const most = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
  const within = (limit: number) => (Number.isNaN(most) ? limit : Math.min(limit, most))
  const containerDefinitions = task.containerDefinitions.map(c => ({
    ...c,
    ...(c.ulimits && {
      ulimits: c.ulimits.map(u =>
        u.name === 'nofile' ? { ...u, softLimit: within(u.softLimit), hardLimit: within(u.hardLimit) } : u,
      ),
    }),
  }))
  return { ...task, containerDefinitions }
}

/** The images that the lab has instead of theirs, under their own names; nothing else is changed. */
const STAND_INS = Object.fromEntries(
  REAL.flatMap(({ task }) => task.containerDefinitions).map(
    ({ image, firelensConfiguration }) =>
      [image, firelensConfiguration ? ('router' as const) : ('program' as const)] as const,
  ),
)

/** Too many for the processors of this machine at once; those with a program that ignores SIGTERM come last. */
const BATCHES = [0, 1].map(batch => REAL.filter((_, i) => i % 2 === batch))

describe.runIf(hasLab)('37 task definitions that run on ECS', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await Scenario.start({ hosts: 5, standIns: STAND_INS })
  })
  afterAll(() => scenario.end())

  const document = (batch: readonly Real[]): DesiredStateDocument =>
    scenario.document({
      taskDefinitions: Object.fromEntries(batch.map(({ service, task }) => [service, task])),
      services: Object.fromEntries(batch.map(({ service }) => [service, { taskDefinition: service }])),
    })

  it.each([0, 1])('plan on real hosts, start and become healthy: batch %i', async number => {
    const batch = BATCHES[number] ?? []
    const wanted = document(batch)
    const planned = await scenario.diff(wanted)
    expect(planned, planned.stdout + planned.stderr).toMatchObject({ code: 2 })
    // what is left out is told again with the plan
    expect(planned.stdout).toContain('FIELD_IGNORED')
    await scenario.apply(wanted)
    const containers = await scenario.containers()
    for (const { service, task } of batch) {
      const own = containers.filter(c => c.service === service && !c.name.includes('.internal.'))
      expect(own, service).toHaveLength(task.containerDefinitions.length)
      for (const { name, state, health } of own) {
        const checked = task.containerDefinitions.find(c => name.endsWith(`.${c.name}`))?.healthCheck
        expect({ name, state, health }).toEqual({
          name,
          state: 'running',
          health: checked ? 'healthy' : 'none',
        })
      }
    }
    const after = await scenario.diff(wanted)
    expect(after, after.stdout).toMatchObject({ code: 0 })
    if (number === 0) expect((await scenario.stowage('destroy', wanted, '--yes')).code).toBe(0)
  })

  it('one goes the whole way: printed by ECS, imported by the command as TypeScript, synthesized, in place', async () => {
    const name = 'efs__task-definition'
    const index = REAL_TASK_DEFINITIONS.findIndex(t => t.name.endsWith(name))
    const { fixed, expected } = REAL_TASK_DEFINITIONS[index] ?? { fixed: '', expected: {} }
    const folder = join(scenario.folder, 'project')
    mkdirSync(folder)
    writeFileSync(join(folder, 'web.json'), fixed)
    const names = (expected.unsupported ?? '').split(' ').join(',')
    const args = ['import', 'task-definition', 'web.json', '--lenient', '--ignore-unsupported', names]
    const imported = await run(args, folder).ended
    expect(imported, imported.stderr).toMatchObject({ code: 0 })
    const lib = JSON.stringify(new URL('../../dist/lib/index.js', import.meta.url).href)
    writeFileSync(join(folder, 'web.ts'), imported.stdout.replace("'stowage'", lib))
    writeFileSync(
      join(folder, 'app.ts'),
      `import { App, Cluster, Service } from ${lib}
import { firelensEfsExampleTaskDefinition } from './web.ts'
const app = new App()
const prod = new Cluster(app, 'written')
for (const [name, address] of ${JSON.stringify(scenario.hosts.map(h => [h.name, h.address]))})
  prod.addContainerInstance(name, { address })
new Service(prod, 'web', { taskDefinition: firelensEfsExampleTaskDefinition(prod) })
app.synth()
`,
    )
    const synthesized = await run(['synth', '--app', 'app.ts'], folder).ended
    expect(synthesized, synthesized.stderr).toMatchObject({ code: 0 })
    const written = JSON.parse(
      readFileSync(join(folder, 'stowage.out/written.json'), 'utf8'),
    ) as DesiredStateDocument
    const applied = await scenario.stowage('apply', written, '--yes', '--json')
    expect(applied, applied.stdout + applied.stderr).toMatchObject({ code: 0 })
    const revisions = new Set((await scenario.containers('written')).map(c => c.revision))
    expect(revisions.size).toBe(1)
  })
})
