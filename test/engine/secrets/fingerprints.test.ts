import { describe, expect, it } from 'vitest'
import type { ContainerDefinition } from '../../../engine/desired-state/desired-state.generated.ts'
import {
  type Fingerprints,
  hasSecretFiles,
  hasSecrets,
  RotationFinder,
  secretsLabel,
} from '../../../engine/secrets/fingerprints.ts'
import { readLabel } from '../../../engine/secrets/label.ts'
import { document } from '../../support/worlds.ts'

const SALT = 'abcdefghijklmnopqrstuv'

function container(parts: object): ContainerDefinition {
  const containerDefinitions = [{ name: 'app', image: 'app:1', ...parts }]
  const { taskDefinitions } = document({ taskDefinitions: { web: { containerDefinitions } } })
  return taskDefinitions['web']?.containerDefinitions[0] ?? expect.fail()
}

const variable = { secrets: [{ name: 'DB', valueFrom: 'env:DB' }] }
const file = { secrets: [{ name: 'key', valueFrom: 'file:key', deliverAs: 'file' }] }
const fromFile = { environmentFiles: [{ value: 'web.env' }] }
const option = {
  logConfiguration: {
    logDriver: 'splunk',
    options: { 'splunk-url': 'https://splunk' },
    secretOptions: [{ name: 'splunk-token', valueFrom: 'env:TOKEN' }],
  },
}

it('a container has secrets where a variable, a file, an environment file or a log option is one', () => {
  for (const one of [variable, file, fromFile, option]) expect(hasSecrets(container(one))).toBe(true)
  expect(hasSecrets(container({}))).toBe(false)
  expect(hasSecrets(container({ logConfiguration: { logDriver: 'json-file' } }))).toBe(false)
})

it('a container has secrets put into it where one is delivered as a file', () => {
  expect(hasSecretFiles(container(file))).toBe(true)
  expect(hasSecretFiles(container({ secrets: [...variable.secrets, ...file.secrets] }))).toBe(true)
  for (const other of [variable, fromFile, option, {}]) expect(hasSecretFiles(container(other))).toBe(false)
})

function known(digests: Record<string, string>, variables: Record<string, string[]> = {}): Fingerprints {
  const ofSalt = new Map(Object.entries(digests))
  return { salt: SALT, digests: new Map([[SALT, ofSalt]]), variables: new Map(Object.entries(variables)) }
}

describe('the label of a new container', () => {
  it('is none where it has no secrets, or nothing is known', () => {
    expect(secretsLabel(container({}), known({}))).toBeUndefined()
    expect(secretsLabel(container(variable), undefined)).toBeUndefined()
  })

  it('says nothing of what could not be read', () => {
    const label = readLabel(secretsLabel(container({ ...variable, ...option }), known({ 'env:DB': 'd' })))
    expect(label).toMatchObject({ environment: { DB: 'd' }, logOptions: {}, files: {}, variables: [] })
    const nothing = { salt: SALT, digests: new Map(), variables: new Map() }
    expect(readLabel(secretsLabel(container(variable), nothing))?.environment).toEqual({})
  })

  it('has the variables of its environment files in one order, each once, without those that it sets itself', () => {
    const files = { environmentFiles: [{ value: 'b.env' }, { value: 'a.env' }] }
    const own = { environment: [{ name: 'MODE', value: 'x' }] }
    const variables = { 'file:b.env': ['Z', 'DB', 'MODE'], 'file:a.env': ['Z', 'A'] }
    const label = secretsLabel(container({ ...variable, ...files, ...own }), known({}, variables))
    expect(readLabel(label)?.variables).toEqual(['A', 'Z'])
  })
})

describe('what was rotated', () => {
  const both = container({
    secrets: [
      { name: 'Z', valueFrom: 'env:Z' },
      { name: 'A', valueFrom: 'env:A' },
    ],
    logConfiguration: {
      logDriver: 'splunk',
      options: { 'splunk-url': 'https://splunk' },
      secretOptions: [
        { name: 'splunk-token', valueFrom: 'env:TOKEN' },
        { name: 'splunk-source', valueFrom: 'env:SOURCE' },
      ],
    },
  })
  const values = (value: string) =>
    Object.fromEntries(['env:Z', 'env:A', 'env:TOKEN', 'env:SOURCE'].map(source => [source, value]))

  it('is told in one order, however the document has it', () => {
    const finder = new RotationFinder(known(values('two')))
    expect(finder.find(both, secretsLabel(both, known(values('one'))))).toBe(
      'secret A was rotated, secret Z was rotated, secret log option splunk-source was rotated, secret log option splunk-token was rotated',
    )
  })

  it('is nothing where no value is known, or none of the container’s salt', () => {
    const label = secretsLabel(both, known(values('one')))
    expect(new RotationFinder(undefined).find(both, label)).toBeUndefined()
    expect(new RotationFinder(undefined).knows).toBe(false)
    const other = { ...known(values('two')), digests: new Map() }
    expect(new RotationFinder(other).find(both, label)).toBeUndefined()
    expect(new RotationFinder(other).knows).toBe(true)
  })

  it('is told of each container by its own label', () => {
    const finder = new RotationFinder(known(values('two')))
    const [old, now] = ['one', 'two'].map(value => secretsLabel(both, known(values(value))))
    for (const _ of ['the first time', 'again']) {
      expect(finder.find(both, old)).toBeDefined()
      expect(finder.find(both, now)).toBeUndefined()
      expect(finder.find(both, undefined)).toBeDefined()
    }
  })
})
