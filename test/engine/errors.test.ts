import { expect, test } from 'vitest'
import { aboutInstance, problem, StowageError, toProblem } from '../../engine/errors.ts'

test('what to do next names the instance where it is known', () => {
  const next =
    'Try ssh to the same address; go on without the host with --on-unreachable skip; or, if it is gone for good, stowage instance lost fra-1.'
  expect(problem('HOST_UNREACHABLE', 'no answer', { instance: 'fra-1' }).next).toBe(next)
  expect(aboutInstance(problem('HOST_UNREACHABLE', 'no answer'), 'fra-1')).toMatchObject({
    instance: 'fra-1',
    next,
  })
  expect(toProblem(new StowageError('HOST_UNREACHABLE', 'no answer', { instance: 'fra-1' })).next).toBe(next)
  expect(new StowageError('INSTANCE_ANSWERS', 'a', { instance: 'fra-1' }).next).not.toContain('NAME')
})
