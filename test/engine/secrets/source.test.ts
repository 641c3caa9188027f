import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseEnvironmentFile } from '../../../engine/secrets/environment-file.ts'
import { pickKey } from '../../../engine/secrets/pick-key.ts'
import { parseSource, splitCommand } from '../../../engine/secrets/source.ts'

describe('a source', () => {
  it.each([
    ['env:DB_PASSWORD', { kind: 'env', name: 'DB_PASSWORD' }],
    ['file:../db.txt', { kind: 'file', path: '../db.txt' }],
    ['file:a:b', { kind: 'file', path: 'a:b' }],
    ['age:tls.key.age', { kind: 'age', path: 'tls.key.age' }],
    ['age:prod.json.age#db#1', { kind: 'age', path: 'prod.json.age', key: 'db#1' }],
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
    ['age:', 'age: takes the path'],
    ['age:#db', 'age: takes the path'],
    ['age:secrets.age#', 'no key after "#"'],
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
  const text = '# A=comment\r\nA=1\nB=a=b # no comment\n\nC= "quoted" \n=x\nD=\nno line\n #E=5\nA=2\nF=#\n'
  expect([...parseEnvironmentFile(text)]).toEqual([
    ['A', '2'],
    ['B', 'a=b # no comment'],
    ['C', ' "quoted" '],
    [' #E', '5'],
    ['F', '#'],
  ])
})

describe('a key of a decrypted file', () => {
  it.each([
    ['a.json.age', '{"db": "x y", "n": 5, "on": true}', 'db', 'x y'],
    ['a.json.age', '{"db": "x", "n": 5}', 'n', '5'],
    ['a.json', '{"on": true}', 'on', 'true'],
    ['a.age', ' {"db.password": "x"}', 'db.password', 'x'],
    ['a.age', 'DB=x=y\nB=2\n', 'DB', 'x=y'],
    ['prod.env.age', '{=x\n', '{', 'x'],
    ['prod.age.env.age', '{=x\n', '{', 'x'],
  ])('of %s is picked: %j, %j', (path, text, key, value) => {
    expect(pickKey(path, text, key)).toEqual({ value })
  })

  it.each([
    ['a.json.age', '{"db": "planted"', 'db', 'is no JSON once it is decrypted'],
    ['a.json.age', '["planted"]', 'db', 'is no JSON object once it is decrypted'],
    ['a.json.age', 'null', 'db', 'is no JSON object once it is decrypted'],
    ['a.json.age', '"planted"', 'length', 'is no JSON object once it is decrypted'],
    ['a.json.age', '{"planted": "planted"}', 'db', 'has no key "db"'],
    ['a.json.age', '{"planted": "planted"}', 'toString', 'has no key "toString"'],
    ['a.json.age', '{"db": {"planted": 1}}', 'db', 'has no text, number, true or false at "db"'],
    ['a.age', 'PLANTED=planted\n', 'db', 'has no key "db"'],
  ])('of %s that is not there is told without a word of the file', (path, text, key, refusal) => {
    expect(pickKey(path, text, key)).toEqual({ refusal })
  })
})
