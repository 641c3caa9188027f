import { describe, expect, test } from 'vitest'
import { parseConfig, readConfig } from '../../bin/config.ts'
import { mergeSettings } from '../../bin/settings.ts'
import { temporaryFolder } from './temporary-folder.ts'

describe('parseConfig', () => {
  const FAULTS: readonly (readonly [string, string, string])[] = [
    [
      'an unknown key near a known one',
      '{ "acceptNewHostKey": true }',
      'unknown key "acceptNewHostKey"; did you mean acceptNewHostKeys?',
    ],
    ['an unknown key near none', '{ "colour": 1 }', 'unknown key "colour"'],
    ['a value of the wrong type', '{ "identity": "id" }', 'identity is to be a list of texts, and is "id"'],
    [
      'a value that is none of the words',
      '{ "onUnreachable": "ask" }',
      'onUnreachable is to be "fail" or "skip", and is "ask"',
    ],
    ['two faults at once', '{ "app": 1, "oput": "x" }', 'app is to be a text, and is 1; unknown key "oput"'],
    ['no object', '[]', 'it is no JSON object'],
    ['no JSON', '{ "app": }', 'line 1 column 10'],
  ]
  test.each(FAULTS)('refuses %s', (_, text, message) => {
    expect(() => parseConfig(text, 'stowage.config.json')).toThrow(message)
    expect(() => parseConfig(text, 'stowage.config.json')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  })

  test.each(['{"__proto__":{"app":"x"}}', '{"constructor":1}', '{"output":"a\\u0000b"}'])(
    'refuses %s',
    text => {
      expect(() => parseConfig(text, 'c.json')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    },
  )

  test('takes all keys, and $schema', () => {
    const config = {
      $schema: 'x',
      app: 'a.ts',
      output: 'o',
      acceptNewHostKeys: true,
      identity: ['k'],
      onUnreachable: 'skip',
    }
    expect(parseConfig(JSON.stringify(config), 'f')).toEqual(config)
  })
})

describe('readConfig', () => {
  test('a file that is not there counts as empty unless it was named', async () => {
    const file = `${temporaryFolder()}/stowage.config.json`
    expect(await readConfig(file, false)).toEqual({})
    await expect(readConfig(file, true)).rejects.toThrow('does not exist')
  })
})

describe('mergeSettings', () => {
  const config = {
    app: 'app.ts',
    output: 'out',
    identity: ['key'],
    sshConfig: 'ssh',
    onUnreachable: 'skip',
  } as const

  test('the configuration is relative to its own folder', () => {
    expect(mergeSettings('/home/me', { json: false }, '/project', config)).toEqual({
      app: { app: 'app.ts', folder: '/project' },
      out: '/project/out',
      json: false,
      acceptNewHostKeys: false,
      sshConfig: '/project/ssh',
      identity: ['/project/key'],
      knownHosts: [],
      onUnreachable: 'skip',
    })
  })

  test('flags win, and are relative to the folder one is in', () => {
    const flags = {
      json: true,
      app: 'b.ts',
      out: 'o',
      identity: ['k'],
      knownHosts: ['h'],
      sshConfig: 's',
      document: 'd.json',
    }
    expect(
      mergeSettings(
        '/home/me',
        { ...flags, onUnreachable: 'fail', acceptNewHostKeys: true },
        '/project',
        config,
      ),
    ).toEqual({
      app: { app: 'b.ts', folder: '/home/me' },
      out: '/home/me/o',
      json: true,
      document: '/home/me/d.json',
      acceptNewHostKeys: true,
      sshConfig: '/home/me/s',
      identity: ['/home/me/k'],
      knownHosts: ['/home/me/h'],
      onUnreachable: 'fail',
    })
  })
})
