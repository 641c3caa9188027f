/**
 * Makes docs/ecs-compatibility.md out of the table of ECS's fields. Writes it; with --check it only compares, for
 * `npm run check`.
 */
import { readFile, writeFile } from 'node:fs/promises'
import type { EcsField, EcsShape } from './field.ts'
import { ECS_SHAPES, fieldPath, ignoreName } from './table.ts'

const file = new URL('../../docs/ecs-compatibility.md', import.meta.url)
const fields = ECS_SHAPES.flatMap(({ fields }) => Object.values(fields))
const count = (verdict: EcsField['verdict']) => fields.filter(f => f.verdict === verdict).length

const page = [
  '# What becomes of each field of ECS',
  '',
  `Every field that ECS’s RegisterTaskDefinition, CreateService and RunTask take: ${count('works')} work with ECS’s meaning, ` +
    `${count('adapted')} are adapted (the name is kept, and the meaning is the nearest that a Docker host has), ` +
    `${count('refused')} are refused.`,
  'A field or a value that is refused is an error with its name (FIELD_UNSUPPORTED), never left out in silence. In the list',
  '`ignoreUnsupported` of a task definition or a service stand the names of those that may be left out, as the tables have',
  'them; then each is a warning. [import.md](import.md) says how a task definition comes here.',
  '',
  'Each row that works names the test that shows it, on a real engine unless it says otherwise.',
  '',
  '<!-- Generated from the table in engine/ecs-fields by engine/ecs-fields/page.ts. -->',
  ...ECS_SHAPES.flatMap(section),
  '',
].join('\n')

const before = await readFile(file, 'utf8').catch(() => '')
if (!process.argv.includes('--check')) await writeFile(file, page)
else if (before !== page) {
  console.error(
    'docs/ecs-compatibility.md is not what engine/ecs-fields gives: npx tsx engine/ecs-fields/page.ts',
  )
  process.exitCode = 1
}

function section(shape: EcsShape): string[] {
  const where = shape.at === '' ? '' : `\`${shape.at}\` of a ${shape.input}.`
  return [
    '',
    `## ${shape.name}`,
    '',
    ...(where === '' ? [] : [where, '']),
    '| field | | what it becomes; or why not, and what instead | shown by |',
    '|---|---|---|---|',
    ...Object.entries(shape.fields).flatMap(([name, field]) => [
      row(shape, name, field),
      ...(shape.refusedValues?.[name] ?? []).map(({ value, why, instead }) =>
        line(
          `\`${ignoreName(fieldPath(shape, name), value)}\``,
          'refused',
          `${sentence(why)} ${instead}`,
          '',
        ),
      ),
    ]),
  ]
}

function row(shape: EcsShape, name: string, field: EcsField): string {
  if (field.verdict === 'refused') {
    const inDocument = shape.input !== 'RunTask'
    const shownName = inDocument ? ignoreName(fieldPath(shape, name)) : name
    const inert = field.inert.map(value => `\`${JSON.stringify(value)}\``).join(', ')
    const fine = inert === '' ? '' : ` ${inert} is no error: it is so anyway.`
    return line(`\`${shownName}\``, 'refused', `${sentence(field.why)} ${field.instead}${fine}`, '')
  }
  const { file, title, standsIn } = field.shownBy
  const test = `${file}: ${title}${standsIn === undefined ? '' : ` (${standsIn})`}`
  return line(`\`${name}\``, field.verdict, field.becomes, test)
}

function line(...cells: readonly string[]): string {
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function sentence(clause: string): string {
  return `${clause.slice(0, 1).toUpperCase()}${clause.slice(1)}.`
}
