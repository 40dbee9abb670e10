import { describe, expect, it } from 'vitest'
import { changedFields, linesOf } from './settingsChanges'

describe('what a settings form changes', () => {
  const before = { name: 'Back office', owners: ['a', 'b'], contacts: [{ name: 'Lin', address: '1' }] }
  it('is nothing when only the order of people moved', () => {
    expect(changedFields(before, { ...before, owners: ['b', 'a'] })).toEqual([])
  })
  it('names a field that is emptied, and says so with both sides', () => {
    const after = { ...before, owners: [], contacts: [{ name: 'Lin', address: '2' }] }
    const fields = changedFields(before, after)
    expect(fields).toEqual(['owners', 'contacts'])
    expect(linesOf(before, after, fields, String)).toEqual([
      { label: 'owners', before: 'a, b', after: '' },
      { label: 'contacts', before: 'Lin 1', after: 'Lin 2' },
    ])
  })
})
