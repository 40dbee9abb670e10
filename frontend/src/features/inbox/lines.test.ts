import { describe, expect, it } from 'vitest'
import { cardOf } from '@/components/ticket/fixtures'
import { grouped, held, neighbour, type Line } from './lines'

const line = (id: number, needs: string, status = 'pending_approval'): Line => ({ ...cardOf({ id, status }), needs })

describe('the inbox list', () => {
  it('stands still: new lines wait, dealt-with ones stay quiet in their place', () => {
    const seen = [line(1, 'approve'), line(2, 'approve')]
    const { rows, news } = held(seen, [line(2, 'approve'), line(3, 'approve'), line(0, 'approve')])
    expect(rows.map((row) => [row.line.id, row.gone])).toEqual([
      [1, true],
      [2, false],
    ])
    expect(news).toBe(2)
  })
  it('keeps a line under the heading where it was seen, although its state moved on', () => {
    const seen = [line(1, 'approve'), line(2, 'failed', 'failed')]
    const { rows } = held(seen, [line(1, 'review', 'succeeded'), line(2, 'failed', 'failed')])
    expect(grouped('needs', rows, seen).map((group) => [group.name, group.rows.length])).toEqual([
      ['approve', 1],
      ['failed', 1],
    ])
  })
  it('walks across groups in the order of the eye and stays at the ends', () => {
    const seen = [line(1, 'failed', 'failed'), line(2, 'approve'), line(3, 'confirm', 'pending_confirmation')]
    const groups = grouped('needs', held(seen, seen).rows, seen)
    expect(neighbour(groups, 2, 1)).toBe(3)
    expect(neighbour(groups, 1, 1)).toBe(1)
    expect(neighbour(groups, undefined, 1)).toBe(2)
    expect(neighbour([], undefined, 1)).toBeUndefined()
  })
})
