import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseEnvironmentFile } from '../../../engine/secrets/environment-file.ts'
import { readLabel, writeLabel } from '../../../engine/secrets/label.ts'
import { parseSource, splitCommand } from '../../../engine/secrets/source.ts'

describe('a source', () => {
  it.each([
    ['env:DB_PASSWORD', { kind: 'env', name: 'DB_PASSWORD' }],
    ['file:../db.txt', { kind: 'file', path: '../db.txt' }],
    ['file:a:b', { kind: 'file', path: 'a:b' }],
    ['exec:op read "op://a vault/db"', { kind: 'exec', program: 'op', args: ['read', 'op://a vault/db'] }],
  ])('%s is read', (text, source) => {
    expect(parseSource(text)).toEqual({ ok: true, source })
  })

  it.each([
    ['env:', 'env: takes the name'],
    ['env:A=B', 'without "="'],
    ['file:', 'file: takes a path'],
    ['exec:', 'exec: takes a command'],
    ['exec:""', 'exec: takes a command'],
    ['exec:op "read', 'a quote that is not closed'],
    ['age:secrets.age#db', 'age: is not there yet'],
    ['arn:aws:secretsmanager:eu-west-1:1:secret:db', 'a secret of AWS'],
    ['hunter2', 'a source and no value'],
    ['/prod/db', 'a source and no value'],
    ['env:A\0', 'NUL'],
  ])('%j is refused', (text, words) => {
    const parsed = parseSource(text)
    expect(parsed.ok ? '' : parsed.message).toContain(words)
  })
})

describe('a command', () => {
  it.each([
    ['pass show db', ['pass', 'show', 'db']],
    ['  pass   show\tdb ', ['pass', 'show', 'db']],
    [`a 'b c' "d 'e'" f"g h"i`, ['a', 'b c', "d 'e'", 'fg hi']],
    ['a "" b', ['a', '', 'b']],
    ['a $(b) ; c | d > e \\ f $HOME', ['a', '$(b)', ';', 'c', '|', 'd', '>', 'e', '\\', 'f', '$HOME']],
    ['', []],
  ])('%j is split at blanks outside quotes', (text, words) => {
    expect(splitCommand(text)).toEqual(words)
  })

  it('whose words were quoted gives them back', () => {
    const word = fc.string({ maxLength: 12 }).filter(w => !w.includes("'"))
    fc.assert(
      fc.property(fc.array(word), words => {
        expect(splitCommand(words.map(w => `'${w}'`).join(' '))).toEqual(words)
      }),
    )
  })
})

it('an environment file is read as the agent of ECS reads it', () => {
  const text = '# a comment\r\nA=1\nB=a=b # no comment\n\nC= "quoted" \n=x\nD=\nno line\n #E=5\nA=2\n'
  expect([...parseEnvironmentFile(text)]).toEqual([
    ['A', '2'],
    ['B', 'a=b # no comment'],
    ['C', ' "quoted" '],
    [' #E', '5'],
  ])
})

describe('the label', () => {
  const label = {
    salt: 'abcdefghijklmnopqrstuv',
    environment: { A: 'x' },
    files: {},
    environmentFiles: { 'web.env': 'y' },
    variables: ['B'],
  }

  it('is read back as it was written', () => {
    expect(readLabel(writeLabel(label))).toEqual(label)
  })

  it.each(['', '{', '[]', 'null', '{}', writeLabel({ ...label, salt: 'short' }), '{"salt":5}'])(
    'that is %j is none',
    text => {
      expect(readLabel(text)).toBeUndefined()
    },
  )
})
