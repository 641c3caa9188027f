import { expect, test } from 'vitest'
import { endings } from '../../../engine/apply/endings.ts'
import type { Reconciliation } from '../../../engine/reconcile/reconcile.ts'
import { serviceState } from '../../bin/render/samples.ts'

test('what the time ran out for: services that are not healthy, and tasks that have not ended', () => {
  const services = [
    serviceState({ current: 4, rollout: 'IN_PROGRESS' }),
    serviceState({
      service: 'migrate',
      schedulingStrategy: 'TASK',
      desired: 1,
      current: 0,
      rollout: 'IN_PROGRESS',
    }),
    serviceState({ service: 'done' }),
  ]
  const [problem] = endings({ services } as unknown as Reconciliation, 'timeout', new Set())
  expect(problem?.message).toBe('not steady in time: web 4 of 6 healthy, migrate 0 of 1 ended well')
})
