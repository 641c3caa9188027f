import { expect, test } from 'vitest'
import { negotiateApiVersion } from '../../../engine/docker/api-version.ts'

test.each([
  ['20.10', { ApiVersion: '1.41', MinAPIVersion: '1.12' }, '1.41'],
  ['28.5', { ApiVersion: '1.51', MinAPIVersion: '1.24' }, '1.51'],
  ['29', { ApiVersion: '1.52', MinAPIVersion: '1.44' }, '1.52'],
  ['a later one', { ApiVersion: '1.60', MinAPIVersion: '1.44' }, '1.52'],
  ['one that has forgotten ours', { ApiVersion: '1.70', MinAPIVersion: '1.55' }, '1.55'],
])('Docker %s is spoken to in the newest version that both know', (_, engine, version) => {
  expect(negotiateApiVersion(engine)).toBe(version)
})

test('Docker 19.03 is DOCKER_TOO_OLD', () => {
  expect(() => negotiateApiVersion({ Version: '19.03.15', ApiVersion: '1.40' })).toThrow(
    expect.objectContaining({
      code: 'DOCKER_TOO_OLD',
      message: 'Docker Engine 19.03.15 speaks API 1.40; 1.41 (Docker 20.10) is needed.',
    }),
  )
})

test('what is not Docker is DOCKER_ERROR', () => {
  expect(() => negotiateApiVersion({})).toThrow(expect.objectContaining({ code: 'DOCKER_ERROR' }))
})
