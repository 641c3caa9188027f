import { expect, test } from 'vitest'
import { parseImageReference, referenceFault } from '../../engine/image-reference.ts'

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`

test.each([
  ['nginx', { registry: 'docker.io', repository: 'library/nginx', name: 'nginx' }],
  ['nginx:1.29', { registry: 'docker.io', repository: 'library/nginx', name: 'nginx', tag: '1.29' }],
  ['docker.io/nginx', { registry: 'docker.io', repository: 'library/nginx', name: 'nginx' }],
  ['docker.io/library/nginx', { registry: 'docker.io', repository: 'library/nginx', name: 'nginx' }],
  ['index.docker.io/a/b', { registry: 'docker.io', repository: 'a/b', name: 'a/b' }],
  ['a/b:t', { registry: 'docker.io', repository: 'a/b', name: 'a/b', tag: 't' }],
  ['ghcr.io/a/b:tag', { registry: 'ghcr.io', repository: 'a/b', name: 'ghcr.io/a/b', tag: 'tag' }],
  ['localhost/x', { registry: 'localhost', repository: 'x', name: 'localhost/x' }],
  ['host:5000/x', { registry: 'host:5000', repository: 'x', name: 'host:5000/x' }],
  [`host:5000/x@${digest}`, { registry: 'host:5000', repository: 'x', name: 'host:5000/x', digest }],
  [
    `nginx:1.29@${digest}`,
    { registry: 'docker.io', repository: 'library/nginx', name: 'nginx', tag: '1.29', digest },
  ],
  ['[::1]:5000/x:y', { registry: '[::1]:5000', repository: 'x', name: '[::1]:5000/x', tag: 'y' }],
  ['Host/x', { registry: 'Host', repository: 'x', name: 'Host/x' }],
])('%s is taken apart', (reference, parts) => {
  expect(parseImageReference(reference)).toEqual(parts)
})

test.each([
  ['', /it is empty/],
  ['Nginx', /no capital letters/],
  ['a//b', /between two slashes is empty/],
  ['nginx:', /no tag comes after/],
  ['nginx:a b', /a blank is in it/],
  ['nginx :1', /a blank is in it/],
  [`nginx:${'x'.repeat(129)}`, /its tag "x+" is to have at most 128/],
  ['nginx@sha256:12', /is no digest/],
  ['../x', /letters, digits/],
  ['a/../b', /letters, digits/],
  ['x?y=z', /letters, digits/],
  ['-a', /letters, digits/],
  ['https://x/y', /address of a web page/],
])('"%s" is no reference, and it is said why', (reference, why) => {
  expect(parseImageReference(reference)).toBeUndefined()
  expect(referenceFault(reference)).toMatch(why)
})

test('of what is a reference there is nothing to say', () => {
  expect(referenceFault('ghcr.io/a/b:tag')).toBeUndefined()
})
