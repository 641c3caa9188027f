import { call, constant, type Expression, props } from './recipe.ts'

/** A source of a secret's value, by the constructs' own names. */
export function secret(valueFrom: string, deliverAs?: 'environment' | 'file'): Expression {
  const options = deliverAs && [
    props({
      deliverAs: constant('SecretDelivery', { environment: 'ENVIRONMENT', file: 'FILE' }, deliverAs),
    }),
  ]
  const colon = valueFrom.indexOf(':')
  const rest = valueFrom.slice(colon + 1)
  switch (valueFrom.slice(0, colon)) {
    case 'env':
      return call('Secret.fromEnv', rest, ...(options ?? []))
    case 'exec':
      return call('Secret.fromCommand', rest, ...(options ?? []))
    case 'age': {
      const hash = rest.indexOf('#')
      if (hash < 0 && options) return call('Secret.fromAge', rest, { kind: 'nothing' }, ...options)
      const [path, key] = hash < 0 ? [rest, []] : [rest.slice(0, hash), [rest.slice(hash + 1)]]
      return call('Secret.fromAge', path, ...key, ...(options ?? []))
    }
    default:
      return call('Secret.fromFile', rest, ...(options ?? []))
  }
}
