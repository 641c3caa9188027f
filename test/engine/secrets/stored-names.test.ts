import { describe, expect, it } from 'vitest'
import { storedSecretNames } from '../../../engine/secrets/stored-names.ts'

const none = { environment: [], logOptions: [] }
/** Each time another text: what was read of one is remembered. */
let made = 0
const stored = () =>
  JSON.stringify({
    revision: made++,
    containerDefinitions: [
      {
        name: 'app',
        secrets: [
          { name: 'DB', valueFrom: 'env:DB' },
          { name: 'TOKEN', valueFrom: 'env:TOKEN', deliverAs: 'environment' },
          { name: 'key.pem', valueFrom: 'file:key', deliverAs: 'file' },
        ],
        logConfiguration: { logDriver: 'splunk', secretOptions: [{ name: 'splunk-token' }] },
      },
      { name: 'plain', logConfiguration: { logDriver: 'json-file' } },
      { name: 'bare' },
    ],
  })
const wrong = ['', '{', 'null', '7', '{}', '{"containerDefinitions":7}', '{"containerDefinitions":[null]}']

describe('the names of a running container’s secrets', () => {
  it('are those of its variables and log options, and not those of its files', () => {
    const names = { environment: ['DB', 'TOKEN'], logOptions: ['splunk-token'] }
    const text = stored()
    expect(storedSecretNames(text, 'app')).toEqual(names)
    expect(storedSecretNames(text, 'app')).toEqual(names)
  })

  it('are none where it has none, or the task definition has no such container', () => {
    for (const name of ['plain', 'bare', 'other', 'constructor'])
      expect(storedSecretNames(stored(), name)).toEqual(none)
  })

  it.each(wrong)('are none where its label is %j', text => {
    expect(storedSecretNames(`${text}${' '.repeat(made++)}`, 'app')).toEqual(none)
  })

  it('are read once of each label: a cluster has the same one many times', () => {
    const [one, other] = [stored(), stored()]
    const first = storedSecretNames(one, 'app')
    expect(storedSecretNames(other, 'app')).not.toBe(first)
    expect(storedSecretNames(one, 'app')).toBe(first)
  })

  it('are those of its own task definition', () => {
    const text = stored()
    expect(storedSecretNames(text.replace('"DB"', '"API"'), 'app').environment).toEqual(['API', 'TOKEN'])
    expect(storedSecretNames(text, 'app').environment).toEqual(['DB', 'TOKEN'])
  })
})
