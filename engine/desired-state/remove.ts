import { pointerKeys } from './problem.ts'

/** Takes what is found at these JSON pointers out of a value, in place; elements of a list move up. */
export function removeAll(value: object, pointers: readonly string[]): void {
  // from the back, so that the places in front of it hold
  for (const place of [...pointers].sort(byPlace).reverse()) remove(value, place)
}

/** What is found at a JSON pointer; undefined: nothing. */
export function valueAt(value: unknown, place: string): unknown {
  let found = value
  for (const key of pointerKeys(place)) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = Reflect.get(found, key)
  }
  return found
}

function remove(value: object, place: string): void {
  const at = place.lastIndexOf('/')
  const parent = valueAt(value, place.slice(0, at))
  const [last = ''] = pointerKeys(place.slice(at))
  if (Array.isArray(parent)) parent.splice(Number(last), 1)
  else if (typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, last)
}

/** In the order in which they stand: places in one list by their number. */
function byPlace(a: string, b: string): number {
  const [left, right] = [pointerKeys(a), pointerKeys(b)]
  const i = left.findIndex((key, k) => key !== right[k])
  const [x = '', y = ''] = [left[i], right[i]]
  return /^\d+$/.test(x) && /^\d+$/.test(y) ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0
}
