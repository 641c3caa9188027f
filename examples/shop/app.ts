import { App, Cluster, ContainerInstanceStatus } from 'stowage'
import { Shop } from './shop.ts'

const app = new App()

// One machine that runs everything.
const staging = new Cluster(app, 'staging')
staging.addContainerInstance('staging-1', {
  address: 'ssh://deploy@staging-1.example.net',
  attributes: { zone: 'a', disk: 'ssd' },
})
new Shop(staging, 'shop', { version: '2.5.0-rc.1', webCount: 1, workerCount: 1 })

// Six machines in two zones; one of them is on its way out.
const prod = new Cluster(app, 'prod')
for (const zone of ['a', 'b']) {
  for (const number of [1, 2, 3]) {
    const name = `prod-${zone}${number}`
    prod.addContainerInstance(name, {
      address: `ssh://deploy@${name}.example.net`,
      attributes: { zone, disk: number === 1 ? 'ssd' : 'hdd' },
      ...(name === 'prod-b3' && { status: ContainerInstanceStatus.DRAINING }),
    })
  }
}
new Shop(prod, 'shop', { version: '2.4.1', webCount: 6, workerCount: 4 })

app.synth()
