import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

interface Import {
  readonly file: string
  readonly typeOnly: boolean
  /** A path below the root for a file of ours, else the module's name. */
  readonly from: string
}

/** The I/O side of engine/: these may touch the world. What is not listed is pure. */
const IO = [
  'engine/docker',
  'engine/observe/observe.ts',
  'engine/apply',
  'engine/lock',
  'engine/ledger/store.ts',
  'engine/ledger/journal.ts',
  'engine/plan-change.ts',
  'engine/apply-change.ts',
  'engine/connect-cluster.ts',
  'engine/former-warnings.ts',
  'engine/index.ts',
]
/** One list, however long it gets. */
const TABLES = ['engine/errors.ts']
/** Files that are run by npm scripts and are no part of the program. */
const TOOLS = ['engine/desired-state/generate.ts', 'engine/errors-page.ts', 'engine/ecs-fields/page.ts']

const files = ['lib', 'engine', 'bin'].flatMap(sources)
const imports = files.flatMap(importsOf)

describe('the one arrow', () => {
  it('lib takes only types from engine, the pure import of what ECS has, and two small rules', () => {
    const allowed = ['engine/import', 'engine/desired-state/closest.ts', 'engine/image-reference.ts']
    expect(
      imports.filter(
        i => isIn(i.file, 'lib') && isIn(i.from, 'engine') && !isOneOf(i.from, allowed) && !i.typeOnly,
      ),
    ).toEqual([])
  })

  it('lib never imports bin', () => {
    expect(imports.filter(i => isIn(i.file, 'lib') && isIn(i.from, 'bin'))).toEqual([])
  })

  it('engine never imports lib or bin', () => {
    expect(
      imports.filter(i => isIn(i.file, 'engine') && (isIn(i.from, 'lib') || isIn(i.from, 'bin'))),
    ).toEqual([])
  })

  it('bin reaches constructs not at all: a document is all that it takes', () => {
    expect(imports.filter(i => isIn(i.file, 'bin') && isIn(i.from, 'lib') && !i.typeOnly)).toEqual([])
  })
})

describe('the pure files of engine', () => {
  const pure = files.filter(f => isIn(f, 'engine') && !isOneOf(f, IO) && !isOneOf(f, TOOLS))

  it('are most of it', () => {
    expect(pure.length).toBeGreaterThan(30)
  })

  it('import no module that does I/O, save for hashing', () => {
    const outside = imports.filter(i => pure.includes(i.file) && !i.typeOnly && !files.includes(i.from))
    const allowed = new Set(['node:crypto', 'engine/desired-state/validate.generated.cjs'])
    expect(outside.filter(i => !allowed.has(i.from))).toEqual([])
  })

  it('import nothing from the I/O side but types', () => {
    expect(imports.filter(i => pure.includes(i.file) && isOneOf(i.from, IO) && !i.typeOnly)).toEqual([])
  })

  it('call neither the clock nor a random source', () => {
    const calls =
      /\bDate\.now\(|\bnew Date\(\)|\bperformance\.|\bMath\.random\(|\brandomBytes|\brandomUUID|\bsetTimeout\(|\bsetInterval\(|\bprocess\./
    expect(pure.filter(f => calls.test(withoutComments(readFileSync(join(root, f), 'utf8'))))).toEqual([])
  })
})

describe('everything', () => {
  it('keeps to 300 lines a file', () => {
    const long = files.filter(
      f =>
        !f.includes('.generated.') &&
        !isOneOf(f, TOOLS) &&
        !isOneOf(f, TABLES) &&
        readFileSync(join(root, f), 'utf8').split('\n').length > 320,
    )
    expect(long).toEqual([])
  })

  it('gives no command line to a shell, outside the running of a person’s own app', () => {
    const shells = /shell:\s|\{[^}]*\bexec(Sync)?\b[^}]*\}\s*from\s*'node:child_process'/
    const found = files.filter(f => shells.test(withoutComments(readFileSync(join(root, f), 'utf8'))))
    expect(found.filter(f => f !== 'bin/run-app.ts')).toEqual([])
  })
})

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(f => f.endsWith('.ts') && !f.endsWith('.d.ts'))
    .map(f => `${folder}/${f}`)
    .sort()
}

function importsOf(file: string): Import[] {
  const text = withoutComments(readFileSync(join(root, file), 'utf8'))
  const statements = text.matchAll(
    /(?:^|\n)(?:import|export)\s+(type\s+)?([\w*{}\s,$]+?)\s+from\s+'([^']+)'/g,
  )
  const effects = text.matchAll(/(?:^|\n)import\s+'([^']+)'|\bimport\('([^']+)'\)/g)
  return [
    ...[...statements].map(([, type, names = '', from = '']) => ({
      file,
      typeOnly: type !== undefined || onlyTypes(names),
      from: pathOf(file, from),
    })),
    ...[...effects].map(([, effect, dynamic]) => ({
      file,
      typeOnly: false,
      from: pathOf(file, effect ?? dynamic ?? ''),
    })),
  ]
}

function onlyTypes(names: string): boolean {
  const listed =
    /^\{([^}]*)\}$/
      .exec(names.trim())?.[1]
      ?.split(',')
      .filter(n => n.trim() !== '') ?? []
  return listed.length > 0 && listed.every(n => n.trim().startsWith('type '))
}

function pathOf(file: string, target: string): string {
  return target.startsWith('.') ? relative(root, resolve(root, dirname(file), target)) : target
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '')
}

function isIn(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`)
}

function isOneOf(path: string, places: readonly string[]): boolean {
  return places.some(p => path === p || path.startsWith(`${p}/`))
}
