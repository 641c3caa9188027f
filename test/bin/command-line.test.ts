import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { main } from '../../bin/cli.ts'
import { fakeTerminal } from './fake-terminal.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder()
const docs = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8')

/** Every command by the words that call it, as in docs/cli.md. */
const WORDS = {
  synth: ['synth'],
  validate: ['validate'],
  import: ['import', 'task-definition'],
  diff: ['diff'],
  apply: ['apply'],
  destroy: ['destroy'],
  history: ['history'],
  rollback: ['rollback'],
  ps: ['ps'],
  logs: ['logs'],
  exec: ['exec'],
  drain: ['drain'],
  activate: ['activate'],
  'instance lost': ['instance', 'lost'],
  'instance found': ['instance', 'found'],
  unlock: ['unlock'],
}
const COMMANDS = Object.keys(WORDS)

async function stowage(...args: string[]) {
  const terminal = fakeTerminal({ cwd: folder })
  const code = await main(args, terminal)
  return { code, out: terminal.out(), err: terminal.err() }
}

/** A flag as --help has it: its alias, its default, its line. */
interface Flag {
  readonly alias: string
  readonly line: string
}

async function flagsOf(command: string): Promise<Map<string, Flag>> {
  const help = await helpOf(WORDS[command as keyof typeof WORDS])
  const flags = help.matchAll(/^ +(?:(-\w), +)?--([a-z-]+) ((?:.|\n {10,})*)/gm)
  const all = [...flags].map(([, alias = '', name = '', line = '']): [string, Flag] => [
    name,
    { alias, line },
  ])
  return new Map(all.filter(([name]) => name !== 'help' && name !== 'version'))
}

/** yargs prints it itself. */
async function helpOf(words: readonly string[]): Promise<string> {
  const said: string[] = []
  const log = console.log
  console.log = (text: string) => void said.push(text)
  try {
    const { out } = await stowage(...words, '--help')
    return said.join('\n') + out
  } finally {
    console.log = log
  }
}

interface Row {
  readonly flag: string
  readonly alias: string
  readonly of: readonly string[]
  readonly is: string
}

const HOST_COMMANDS = /\*Host commands\* are ([^;]*);/
  .exec(docs.replaceAll('\n', ' '))?.[1]
  ?.split(/, | and /)

const ROWS = [
  ...docs.matchAll(/^\| `--(?:no-)?([a-z-]+)(?:\\\||[^`])*`(?:, `(-\w)`)? \| (.*?) \| (.*) \|$/gm),
].map(([, flag = '', alias = '', of = '', is = '']): Row => ({ flag, alias, of: commandsOf(of), is }))

function commandsOf(text: string): readonly string[] {
  const [, all, but] = /^(all|host commands)(?: but (.*))?$/.exec(text) ?? []
  if (all === undefined) return text.split(', ')
  const without = but?.split(', ') ?? []
  return (all === 'all' ? COMMANDS : (HOST_COMMANDS ?? [])).filter(c => !without.includes(c))
}

describe('docs/cli.md', () => {
  test('names only commands that there are', () => {
    expect(HOST_COMMANDS?.length).toBeGreaterThan(5)
    expect(ROWS.length).toBeGreaterThan(20)
    expect(ROWS.flatMap(r => r.of).filter(c => !COMMANDS.includes(c))).toEqual([])
  })

  test('has every command of --help', async () => {
    const named = [...(await helpOf([])).matchAll(/^ {2}stowage ([a-z]+)/gm)].map(([, name]) => name)
    const known = new Set([...COMMANDS.map(c => c.split(' ')[0]), 'completion'])
    expect(new Set(named)).toEqual(known)
  })

  test.each(COMMANDS)('has the flags of %s, each with its alias and its default', async command => {
    const flags = await flagsOf(command)
    const rows = ROWS.filter(r => r.of.includes(command))
    // --no-x turns off what is on
    expect(rows.map(r => r.flag).sort()).toEqual([...flags.keys()].sort())
    for (const { flag, alias, is } of rows) {
      const { line = '', alias: real = '' } = flags.get(flag) ?? {}
      expect(`${flag} ${alias}`).toBe(`${flag} ${real}`)
      const [, number] = /\[default: (\d+)\]/.exec(line) ?? []
      if (number !== undefined) expect(is).toContain(`default ${number}`)
    }
    const [, unreachable] = /\[(fail|skip)\]/.exec(flags.get('on-unreachable')?.line ?? '') ?? []
    const skipped = /`skip` for (.*)$/.exec(ROWS.find(r => r.flag === 'on-unreachable')?.is ?? '')?.[1]
    if (unreachable !== undefined) expect(skipped?.split(', ').includes(command)).toBe(unreachable === 'skip')
  })
})

describe('what is wrong with a line is said in our words, with a code', () => {
  test.each([
    ['a task that is missing', ['logs'], 'TASK is missing: stowage logs <task>', 'stowage logs --help'],
    [
      'a name',
      ['instance', 'lost'],
      'NAME is missing: stowage instance lost <name>',
      'stowage instance lost --help',
    ],
    ['a value', ['synth', '--app'], '--app is followed by no value', 'stowage COMMAND --help'],
    [
      'a command that there is none of',
      ['aply'],
      'there is no command aply; did you mean apply?',
      'stowage --help',
    ],
    [
      'a misspelt flag',
      ['synth', '--chek'],
      'there is no flag --chek; did you mean --check?',
      'stowage --help',
    ],
    ['a flag of another command', ['ps', '--follow=true'], 'there is no flag --follow', 'stowage --help'],
    ['a word too many', ['ps', 'web'], 'web is one word too many', 'stowage --help'],
    [
      'a second word',
      ['instance', 'lots', 'a'],
      'there is no command lots; did you mean lost?',
      'stowage --help',
    ],
    ['a command far from any', ['frobnicate'], 'there is no command frobnicate', 'stowage --help'],
    [
      'a number',
      ['instance', 'found', 'a', '--lock-wait', 'x'],
      '--lock-wait takes a number',
      'stowage --help',
    ],
  ])('%s', async (_, args, message, next) => {
    const { code, err } = await stowage(...args)
    expect(code).toBe(1)
    expect(err).toMatch(/^✗ USAGE_INVALID {2}/)
    expect(err).toContain(message)
    expect(err).toContain(`next: ${next}`.slice(0, 14))
    expect(err).toContain(next)
  })

  test('instance found takes --yes, as its siblings do', async () => {
    expect((await stowage('instance', 'found', 'a', '--yes', '--document', 'none.json')).err).not.toContain(
      'USAGE',
    )
  })
})
