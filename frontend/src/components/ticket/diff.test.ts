import { describe, expect, it } from 'vitest'
import { NEW, target } from './fixtures'
import { linesBetween, markDifference, movedLines, renderedChange } from './diff'
import { targetsOf } from './types'

describe('differences', () => {
  it('mark the whole word that differs, not single letters', () => {
    const [before, after] = markDifference('pay:2026-u09', 'pay:2027-u09')
    expect(before).toEqual({ head: 'pay:', mark: '2026-u09', tail: '' })
    expect(after.mark).toBe('2027-u09')
  })
  it('put clusters that get the same together and leave out those that stay', () => {
    const groups = renderedChange([
      target('dc1', 1),
      target('dc2', 2),
      target('dc3', 3, NEW, NEW),
      target('dc4', 4, 'other:1'),
    ])
    expect(groups.map((group) => group.clusters)).toEqual([['dc1', 'dc2'], ['dc4']])
  })
  it('name the cluster of a line that moved', () => {
    const before = { targets: [target('dc1', 1), target('dc2', 2)] }
    const after = { targets: [target('dc1', 1), target('dc2', 2, 'other:1')] }
    const groups = movedLines(linesBetween(before, after), after)
    expect(groups).toEqual([
      {
        where: 'deployment/pay',
        clusters: ['dc2'],
        lines: [{ path: 'from', before: expect.stringContaining('20260101') as string, after: 'other:1' }],
      },
    ])
  })
  it('survive a change of any shape', () => {
    expect(targetsOf(null)).toEqual([])
    expect(targetsOf({ targets: [3, { cluster: 'dc1' }] })).toHaveLength(1)
    expect(linesBetween({ a: [1] }, { a: [1, 2] })).toEqual([{ path: 'a', before: [1], after: [1, 2] }])
  })
})
