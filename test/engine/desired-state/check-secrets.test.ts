import { expect, it } from 'vitest'
import { parseDesiredState } from '../../../engine/desired-state/parse.ts'

function problemsOf(container: object): string[] {
  const parsed = parseDesiredState({
    schemaVersion: 1,
    cluster: 'prod',
    taskDefinitions: { web: { containerDefinitions: [{ name: 'app', image: 'app', ...container }] } },
  })
  const at = '/taskDefinitions/web/containerDefinitions/0'
  return parsed.ok ? [] : parsed.problems.map(p => `${p.pointer.replace(at, '')} ${p.message}`)
}

const db = { name: 'DB', valueFrom: 'env:DB' }
const file = { name: 'DB', valueFrom: 'env:DB', deliverAs: 'file' }

it.each([
  [{ secrets: [db] }, []],
  [{ secrets: [file], environment: [{ name: 'DB', value: 'x' }] }, []],
  [
    { secrets: [db], environment: [{ name: 'DB', value: 'x' }] },
    ['/secrets/0/name environment sets DB, too'],
  ],
  [{ secrets: [db, file] }, ['/secrets/1/name another secret of this container has this name']],
  [
    { secrets: [{ ...file, name: '../DB' }] },
    ['/secrets/0/name a secret that is a file has a name of letters, digits, -, _ and dots'],
  ],
  [
    { secrets: [{ name: 'DB', valueFrom: 'age:#b' }] },
    [
      '/secrets/0/valueFrom age: takes the path of an age-encrypted file, relative to the folder of the document',
    ],
  ],
  [{ secrets: [{ ...db, deliverAs: 'volume' }] }, ['/secrets/0/deliverAs must be environment or file']],
  [{ environmentFiles: [{ value: 'web.env' }, { value: '/etc/web.env', type: 'file' }] }, []],
  [
    { environmentFiles: [{ value: 'arn:aws:s3:::bucket/web.env', type: 's3' }] },
    [
      '/environmentFiles/0 environmentFiles:s3 does nothing here: S3 is not reached from here. Put the file beside the document, with "type": "file" and its path as the value.',
    ],
  ],
  [
    { environmentFiles: [{ value: 'web.txt' }] },
    ['/environmentFiles/0/value the path of an environment file ends in .env'],
  ],
  [{ repositoryCredentials: { credentialsParameter: 'exec:pass show registry' } }, []],
  [
    { repositoryCredentials: { credentialsParameter: 'me:secret' } },
    [
      '/repositoryCredentials/credentialsParameter must name a source and no value: env:NAME, file:PATH, age:PATH#KEY or exec:COMMAND ARGUMENTS',
    ],
  ],
])('%j is checked', (container, problems) => {
  expect(problemsOf(container).map(p => p.replace(/, not .*/, ''))).toEqual(problems)
})

it('at most ten environment files', () => {
  const environmentFiles = Array.from({ length: 11 }, (_, i) => ({ value: `${i}.env` }))
  expect(problemsOf({ environmentFiles })).toHaveLength(1)
})

it('a volume where the secrets are put is refused', () => {
  const parsed = parseDesiredState({
    schemaVersion: 1,
    cluster: 'prod',
    taskDefinitions: {
      web: {
        volumes: [{ name: 'v' }],
        containerDefinitions: [
          {
            name: 'app',
            image: 'app',
            secrets: [file],
            mountPoints: [{ sourceVolume: 'v', containerPath: '/run/secrets/' }],
          },
        ],
      },
    },
  })
  expect(parsed.ok ? [] : parsed.problems.map(p => p.message)).toEqual([
    '/run/secrets is where the secrets of this container are put',
  ])
})
