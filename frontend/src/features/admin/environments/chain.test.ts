/** The drawing of the promotion chain. */
import { expect, test } from 'vitest'
import { depths, places } from './chain'

const env = (slug: string, position: number, ...promotes_from: string[]) => ({ slug, position, promotes_from })

test('an environment stands right of everything it receives images from', () => {
  const found = depths([env('test', 10), env('staging', 20, 'test'), env('production', 30, 'test', 'staging')])
  expect(Object.fromEntries(found)).toEqual({ test: 0, staging: 1, production: 2 })
})

test('environments side by side are ordered from top to bottom', () => {
  expect(places([env('test-b', 12), env('test-a', 11), env('production', 30, 'test-a', 'test-b')])).toEqual([
    { slug: 'test-a', column: 0, row: 0 },
    { slug: 'test-b', column: 0, row: 1 },
    { slug: 'production', column: 1, row: 0 },
  ])
})

test('a source that is not there counts for nothing, and a ring does not hang', () => {
  expect(depths([env('a', 1, 'gone')]).get('a')).toBe(0)
  expect([...depths([env('a', 1, 'b'), env('b', 2, 'a')]).keys()].sort()).toEqual(['a', 'b'])
})
