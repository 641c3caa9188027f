import { Construct } from 'constructs'
import { kind, quote } from './shape.ts'
import { SynthError } from './synth-error.ts'

/**
 * Where a construct is put, given to its super(): below what is no construct, or where another one has its id, it
 * can be nowhere, and no synth would come by it.
 * @param suffix what its id in the tree ends with: `.service`
 * @throws SynthError with its path
 */
export function placed<Scope extends Construct>(scope: Scope, what: string, id: string, suffix = ''): Scope {
  const [above, own]: unknown[] = [scope, id]
  const name = typeof own === 'string' ? own : quote(own)
  // that of another copy of constructs is one as well
  if (!Construct.isConstruct(above))
    throw new SynthError([
      {
        path: name,
        message: `the ${what} must be below an App, a Cluster or another construct, not ${kind(above)}`,
      },
    ])
  const path = [above.node.path, name].filter(part => part !== '').join('/')
  if (typeof own !== 'string' || own === '')
    throw new SynthError([
      {
        path,
        message: `the id of the ${what} must be a text of at least one character, not ${quote(own)}`,
      },
    ])
  const there = above.node.tryFindChild(`${own}${suffix}`)
  if (there)
    throw new SynthError([
      {
        path,
        message: `there is ${kind(there)} with this id already: each needs an id of its own below ${above.node.path || 'the app'}`,
      },
    ])
  return scope
}
