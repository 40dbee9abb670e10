import { describe, expect, it } from 'vitest'
import type { Schemas } from '@/lib/api/client'
import { evidenceToSend, readiness, verdictsIn } from './model'

const cell = (over: object) =>
  ({
    digest: 'd',
    ready: 2,
    total: 2,
    is_moving: false,
    cluster: { name: 'c', is_silent: false, seen_at: null },
    ...over,
  }) as Schemas['BoardCell']
const environment = (...cells: Schemas['BoardCell'][]) => ({ cells }) as Schemas['BoardEnvironment']

describe('readiness', () => {
  it('counts only clusters that run this very image', () => {
    expect(readiness(environment(cell({}), cell({ digest: 'other' })), 'd')).toHaveLength(1)
  })
  it('is empty for a version that has no image, even where nothing runs either', () => {
    expect(readiness(environment(cell({ digest: '' })), '')).toEqual([])
  })
  it('never calls a silent cluster ready', () => {
    const silent = cell({ cluster: { name: 'c', is_silent: true, seen_at: null } })
    expect(readiness(environment(silent), 'd')[0]?.hue).toBe('odd')
  })
  it('is not well with no pod at all', () => {
    expect(readiness(environment(cell({ ready: 0, total: 0 })), 'd')[0]?.hue).toBe('bad')
  })
})

describe('verdictsIn', () => {
  it('puts the one that counts first and leaves out other environments', () => {
    const verdict = (id: number, slug: string, at: string) =>
      ({ id, environment: { slug }, created_at: at }) as Schemas['Verdict']
    const found = verdictsIn(
      [verdict(1, 'test', '2026-01-01'), verdict(2, 'test', '2026-01-02'), verdict(3, 'staging', '2026-01-03')],
      'test',
    )
    expect(found.map((v) => v.id)).toEqual([2, 1])
  })
})

describe('evidence', () => {
  it('forgets empty rows and names a link without a title by its host', () => {
    expect(
      evidenceToSend([
        { title: ' ', url: '' },
        { title: '', url: ' https://jira.shop/SW-1 ' },
      ]),
    ).toEqual([{ title: 'jira.shop', url: 'https://jira.shop/SW-1' }])
  })
})
