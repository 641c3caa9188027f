import { expect, it } from 'vitest'
import { connectCluster } from '../../engine/connect-cluster.ts'
import { document } from '../support/worlds.ts'

it('where no host answers at all there is nothing to go on with, also for those who would go on without some', async () => {
  const nowhere = (name: string) => [name, { address: `unix:///nowhere/${name}.sock` }]
  const desired = document({ containerInstances: Object.fromEntries(['a', 'b'].map(nowhere)) })
  await expect(connectCluster(desired, { onUnreachable: 'skip' })).rejects.toMatchObject({
    message: expect.stringContaining('2 of 2 container instances cannot be used'),
    problems: [{ instance: 'a' }, { instance: 'b' }],
  })
})
