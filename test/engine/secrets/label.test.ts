import { describe, expect, it } from 'vitest'
import { readLabel, type SecretsLabel, writeLabel } from '../../../engine/secrets/label.ts'

const label: SecretsLabel = {
  salt: 'abc-EFGH_jklmnopqr0123',
  environment: { DB: 'd1' },
  files: { key: 'd2' },
  logOptions: { token: 'd3' },
  environmentFiles: { 'web.env': 'd4' },
  variables: ['MODE'],
}

describe('the label of a container’s secrets', () => {
  it('is read back as it was written', () => {
    expect(readLabel(writeLabel(label))).toEqual(label)
  })

  it('of a version that knew no log options is read as without any', () => {
    const { logOptions: _, ...old } = label
    expect(readLabel(JSON.stringify(old))).toEqual({ ...label, logOptions: {} })
  })

  it.each([
    ['none', undefined],
    ['nothing', ''],
    ['no JSON', '{"salt"'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '7'],
  ])('is none that we wrote where it is %s', (_, text) => {
    expect(readLabel(text)).toBeUndefined()
  })

  // a salt is what each value is digested with: one of another's making must cost no more, and reach nothing else
  it.each([
    ['no salt', { salt: undefined }],
    ['a salt that is no text', { salt: ['abc-EFGH_jklmnopqr0123'] }],
    ['a salt that is too short', { salt: 'abc-EFGH_jklmnopqr012' }],
    ['a salt that is too long', { salt: 'abc-EFGH_jklmnopqr01234' }],
    ['a salt with more before it', { salt: '\nabc-EFGH_jklmnopqr0123' }],
    ['a salt of other characters', { salt: 'abc-EFGH/jklmnopqr0123' }],
    ['variables that are no digests', { environment: { DB: 7 } }],
    ['variables in a list', { environment: ['d1'] }],
    ['files that are no digests', { files: { key: null } }],
    ['no files', { files: undefined }],
    ['log options that are no digests', { logOptions: { token: {} } }],
    ['log options that are a text', { logOptions: 'd3' }],
    ['environment files that are no digests', { environmentFiles: { 'web.env': true } }],
    ['no environment files', { environmentFiles: null }],
    ['names of variables that are a text', { variables: 'MODE' }],
    ['names of variables that are no texts', { variables: ['MODE', 7] }],
  ])('is none that we wrote where it has %s', (_, parts) => {
    expect(readLabel(JSON.stringify({ ...label, ...parts }))).toBeUndefined()
  })
})
