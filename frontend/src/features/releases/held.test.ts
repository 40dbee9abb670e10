import { describe, expect, it } from 'vitest'
import { hold, newest } from './held'

const rows = (...ids: number[]) => ids.map((id) => ({ id }))

describe('a live list', () => {
  it('keeps new rows back and counts them', () => {
    expect(hold(rows(9, 8, 7, 6), 7)).toEqual({ shown: rows(7, 6), waiting: 2 })
  })
  it('shows older rows that were asked for', () => {
    expect(hold(rows(7, 6, 5, 4), 7)).toEqual({ shown: rows(7, 6, 5, 4), waiting: 0 })
  })
  it('shows the first rows of an empty list at once', () => {
    expect(newest([])).toBeNull()
    expect(hold(rows(1), null)).toEqual({ shown: rows(1), waiting: 0 })
  })
  it('goes on from the newest row when the reader asks for the new ones', () => {
    expect(newest(rows(9, 8))).toBe(9)
  })
})
