import { describe, expect, it } from 'vitest'
import { arrange, type Item } from './items'
import { match } from './match'
import { recognise } from './recognise'

const marked = (query: string, label: string): string | null => {
  const found = match(query, label)
  return found && found.ranges.map(([from, to]) => label.slice(from, to)).join('|')
}

describe('matching', () => {
  it('marks the beginning of a word before the same letters inside another', () => {
    expect(marked('prom', 'Comprom and Promote')).toBe('Prom')
    expect(marked('gate', 'pay-gate-n1')).toBe('gate')
  })

  it('wants every typed word, in any order', () => {
    expect(marked('prod prom', 'Promote staging to production')).toBe('Prom|prod')
    expect(match('prom nowhere', 'Promote staging to production')).toBeNull()
  })

  it('finds by first letters of words, and by no others', () => {
    expect(marked('pgn', 'pay-gate-n1')).toBe('p|g|n')
    expect(match('aye', 'pay-gate-n1')).toBeNull()
  })

  it('finds inside Chinese, which has no spaces', () => {
    expect(marked('生产', '晋级 book-api-n1 到生产')).toBe('生产')
  })

  it('rates the beginning above a word, a word above the inside, the inside above first letters', () => {
    const scores = ['rel', 'app', 'eas', 'ra'].map((query) => match(query, 'release app')?.score ?? 0)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    expect(new Set(scores).size).toBe(4)
  })

  it('does not slip where the small form of a letter is longer', () => {
    expect(match('x', 'İx')?.ranges).toEqual([])
  })
})

describe('what was pasted', () => {
  it('knows a tag, a whole digest and a commit', () => {
    expect(recognise(' 20261120-183205-u17 ').thing).toEqual({ kind: 'tag', text: '20261120-183205-u17' })
    const digest = `sha256:${'9f'.repeat(32)}`
    expect(recognise(digest).thing).toEqual({ kind: 'hex', text: '9f'.repeat(32), digest })
    expect(recognise('3e1c07a').thing).toEqual({ kind: 'hex', text: '3e1c07a', digest: null })
  })

  it('takes a number for a ticket only behind #', () => {
    expect(recognise('#41')).toEqual({ mode: 'tickets', query: '41', thing: { kind: 'ticket', id: 41 } })
    expect(recognise('41').thing).toBeNull()
    expect(recognise('#book').thing).toBeNull()
  })

  it('takes > for actions and @ for people, whatever follows', () => {
    expect(recognise('>20261120-183205-u17')).toMatchObject({ mode: 'actions', thing: null })
    expect(recognise('@lin yue')).toMatchObject({ mode: 'people', query: 'lin yue' })
  })
})

describe('arranging', () => {
  const item = (id: string, group: Item['group'], label: string, more: Partial<Item> = {}): Item => ({
    id,
    group,
    label,
    ...more,
  })
  const items = [
    item('go:/projects', 'go', 'Projects'),
    item('refused:1', 'refused', 'Promote to production', { onlyTyped: true }),
    item('page:1', 'page', 'Promote test to staging', { hint: '20261120-183205-u17' }),
    item('ticket:7', 'go', '#7 Promote book-api-n1 to production'),
    item('ticket:7', 'go', '#7 again'),
    item('person:lin', 'people', 'Lin Yue', { words: 'developer' }),
  ]
  const ids = (query: string, mode: Parameters<typeof arrange>[2] = 'all') =>
    arrange(items, query, mode).map(({ items: rows }) => rows.map((row) => row.id))

  it('keeps the groups in order, with what one may not do at the end, and shows nothing twice', () => {
    expect(ids('pro')).toEqual([['page:1'], ['go:/projects', 'ticket:7'], ['refused:1']])
  })

  it('does not list refusals before anything is typed', () => {
    expect(ids('').flat()).not.toContain('refused:1')
  })

  it('finds by hint and hidden words, behind what is found by name', () => {
    expect(ids('183205')).toEqual([['page:1']])
    expect(ids('developer', 'people')).toEqual([['person:lin']])
  })

  it('keeps a mode to its own rows', () => {
    expect(ids('', 'tickets')).toEqual([['ticket:7']])
    expect(ids('promote', 'actions')).toEqual([['page:1'], ['refused:1']])
  })

  it('puts the exact answer first though its words do not match', () => {
    const rows = arrange([...items, item('version:1', 'go', '20261120-183205-u17', { exact: true })], 'pro', 'all')
    expect(rows.find(({ group }) => group === 'go')?.items[0]?.id).toBe('version:1')
  })
})
