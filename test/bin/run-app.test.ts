import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { appCommand, appFailed, runApp } from '../../bin/run-app.ts'
import { temporaryFolder } from './temporary-folder.ts'

describe('appCommand', () => {
  const folder = temporaryFolder({ 'app.ts': '', 'my app.ts': '' })

  test.each(['app.ts', 'my app.ts', `${folder}/app.ts`])('runs the file %s with node and the loader', app => {
    const { command, args, shell } = appCommand({ app, folder })
    expect([command, shell, args[0]]).toEqual([process.execPath, false, '--import'])
    expect(args[1]).toMatch(/^file:.*tsx/)
    expect(args[2]).toBe(app.startsWith('/') ? app : `${folder}/${app}`)
  })

  test('gives anything else to the shell', () => {
    expect(appCommand({ app: 'npm run -s app', folder })).toEqual({
      command: 'npm run -s app',
      args: [],
      shell: true,
    })
    expect(appCommand({ app: 'bun app.ts', folder }).shell).toBe(true)
  })

  test('says that a file is not there', () => {
    expect(() => appCommand({ app: 'ap.ts', folder })).toThrow(
      expect.objectContaining({ code: 'APP_FAILED' }),
    )
  })
})

describe('runApp', () => {
  const name = `'; touch CANARY; $(touch CANARY) \`touch CANARY\` "é`
  const folder = temporaryFolder()

  test('runs an app in a folder whose name means something to a shell, and says nothing to one', async () => {
    const inside = join(folder, name)
    mkdirSync(inside)
    writeFileSync(join(inside, 'app.mjs'), 'console.log(process.cwd(), process.env.STOWAGE_OUT)')
    let said = ''
    await runApp({ app: 'app.mjs', folder: inside }, `$(touch CANARY)`, process.env, text => {
      said += text
    })
    expect(said).toBe(`${inside} $(touch CANARY)\n`)
    expect([folder, inside, process.cwd()].filter(f => existsSync(join(f, 'CANARY')))).toEqual([])
  })
})

describe('appFailed', () => {
  test('takes the errors of the constructs out of the stack', () => {
    const stderr = [
      '/x/lib/synth.ts:1',
      '  throw new SynthError(errors)',
      '',
      'SynthError [SYNTH_INVALID]: 2 errors',
      '  prod/web: desiredCount is -1',
      '  prod/web/nginx: no image',
      '    at synthesize',
      '',
      'Node.js v20.20.0',
    ].join('\n')
    const error = appFailed('app.ts', 1, stderr)
    expect(error.code).toBe('SYNTH_INVALID')
    expect(error.problems.map(p => p.message)).toEqual([
      'prod/web: desiredCount is -1',
      'prod/web/nginx: no image',
    ])
  })

  test('shows the last lines of any other end', () => {
    const stderr = Array.from({ length: 100 }, (_, i) => `line ${i}`).join('\n')
    const error = appFailed('make app', 'SIGKILL', stderr)
    expect(error.code).toBe('APP_FAILED')
    expect(error.message.split('\n')).toEqual([
      'make app ended with SIGKILL',
      ...Array.from({ length: 30 }, (_, i) => `line ${i + 70}`),
    ])
  })
})
