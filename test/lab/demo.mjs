// npm run demo. Plain JavaScript, so that it runs before anything is installed; the demo itself is in test/demo.
import { build, installDependencies } from '../../.ci/setup.mjs'

const started = Date.now()
// the tests have done it, and are using what another installation and build would replace
if (process.env.STOWAGE_SET_UP !== 'done') {
  installDependencies()
  console.log('building stowage …')
  build()
}
const { register } = await import('tsx/esm/api')
register()
const { demo } = await import('../demo/demo.ts')
process.exitCode = await demo(process.argv.slice(2), started)
