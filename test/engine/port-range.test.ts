import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asDesiredRanges, withHostRanges } from '../../engine/container-config/port-ranges.ts'
import { findFreeRange, parseRange } from '../../engine/port-range.ts'

describe('a range of ports', () => {
  it.each(['8000-8009', '1-65535'])('%s is one', text => {
    const [first, last] = text.split('-').map(Number)
    expect(parseRange(text)).toEqual({ first, last })
  })

  it.each(['8009-8000', '8000-8000', '0-5', '1-65536', '8000', '8000-', 'a-b', '8000-8001-8002'])(
    '%s is none',
    text => {
      expect(parseRange(text)).toBeUndefined()
    },
  )

  it('is free, in a row, and none of the reserved ports, wherever one is found', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.array(fc.integer({ min: 1024, max: 65535 }), { maxLength: 3000 }),
        (size, taken) => {
          const isTaken = new Set(taken)
          const first = findFreeRange(size, port => isTaken.has(port))
          expect(first).toBeDefined()
          for (let port = first ?? 0; port < (first ?? 0) + size; port++) {
            expect(isTaken.has(port) || [22, 2375, 2376, 51678, 51679, 51680].includes(port)).toBe(false)
            expect(port).toBeLessThanOrEqual(65535)
          }
        },
      ),
      { numRuns: 100, seed: 42 },
    )
  })

  it('is looked for beside the ports that Linux and Docker hand out, and there only at last', () => {
    expect(findFreeRange(10, () => false)).toBe(61000)
    expect(findFreeRange(10, port => port >= 61000)).toBe(10000)
    expect(findFreeRange(10, port => port >= 61000 || port < 32768)).toBe(32768)
    expect(findFreeRange(60000, () => false)).toBeUndefined()
    expect(findFreeRange(2, port => port % 2 === 0)).toBeUndefined()
  })

  it('is as desired where it is in a row on the host, and drift where it is not', () => {
    const desired = ['80/tcp=8080', '8000-8002/tcp=']
    const made = withHostRanges(desired, { '8000-8002/tcp': 61000 })
    expect(made).toEqual(['80/tcp=8080', '8000/tcp=61000', '8001/tcp=61001', '8002/tcp=61002'])
    expect(asDesiredRanges(made, desired)).toEqual(desired)
    const torn = made.map(p => p.replace('61002', '61003'))
    expect(asDesiredRanges(torn, desired)).toEqual(torn)
    expect(asDesiredRanges(made.slice(0, 3), desired)).toEqual(made.slice(0, 3))
  })
})
