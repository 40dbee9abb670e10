import { describe, expect, it } from 'vitest'
import { barsOf, total } from './sparkline'

describe('the bars of the sparkline', () => {
  it('leaves a day without releases out and gives the best day the whole height', () => {
    expect(barsOf([0, 2, 4], 30, 16)).toEqual([
      { x: 10, height: 8 },
      { x: 20, height: 16 },
    ])
  })
  it('keeps a single release beside a hundred visible', () => {
    expect(barsOf([1, 100], 20, 16)[0]?.height).toBe(2)
  })
  it('sums nothing to nothing', () => {
    expect(barsOf([], 20, 16)).toEqual([])
    expect(total([])).toBe(0)
  })
})
