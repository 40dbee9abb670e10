import { describe, expect, it } from 'vitest'
import { barOf, readOf } from './decision'
import { cardOf, person, release, target } from './fixtures'
import type { Card } from './types'

const ME = 4
const no = (code: string) => ({ allowed: false, code, params: {}, detail: '' })
const refused = (card: Card, code: string): Card => ({ ...card, rights: { ...card.rights, approve: no(code) } })
const approval = (
  id: number,
  who: number,
  name: string,
  part: Partial<Card['approvals'][number]> = {},
): Card['approvals'][number] => ({
  id,
  actor: person(who, name),
  decision: 'approve',
  comment: '',
  fingerprint: '5'.repeat(64),
  fingerprint_short: '',
  revision: 1,
  created_at: '2026-11-21T16:05:00Z',
  voided_at: null,
  void_reason: null,
  changed_lines: [],
  ...part,
})

describe('the bar', () => {
  it('lets decide on what was read', () => {
    const card = cardOf()
    expect(barOf(card, readOf(card), ME)).toEqual({ kind: 'decide' })
  })
  it('shows the moved line and whose approval it voided, instead of taking the old decision for the new change', () => {
    const read = readOf(cardOf())
    const line = { path: 'targets[1].from', before: 'a:1', after: 'a:2' }
    const moved = cardOf({
      fingerprint: 'd'.repeat(64),
      approvals: [approval(1, 5, 'Sun', { voided_at: '2026-11-21T16:06:00Z', changed_lines: [line] })],
    })
    expect(barOf(moved, read, ME)).toEqual({
      kind: 'changed',
      voided: ['Sun'],
      groups: [{ where: 'deployment/pay', clusters: ['dc2'], lines: [{ path: 'from', before: 'a:1', after: 'a:2' }] }],
    })
  })
  it('finds the moved lines by itself when nobody had approved', () => {
    const read = readOf(cardOf())
    const moved = cardOf({
      fingerprint: 'd'.repeat(64),
      change: { kind: 'promote', digest: release.digest, targets: [target('dc1', 1), target('dc2', 2, 'other:1')] },
    })
    expect(barOf(moved, read, ME)).toMatchObject({ kind: 'changed', groups: [{ clusters: ['dc2'] }] })
  })
  it('becomes a sentence when somebody else decided meanwhile', () => {
    const read = readOf(cardOf())
    const gone = refused(cardOf({ status: 'running', approvals: [approval(2, 5, 'Sun')] }), 'approval.not_pending')
    expect(barOf(gone, read, ME)).toMatchObject({ kind: 'overtaken', by: 'Sun', decision: 'approve' })
  })
  it('tells who filed it that somebody else decides, also of a version that is his', () => {
    const own = refused(cardOf(), 'policy.not_requester')
    expect(barOf(own, readOf(own), 2)).toEqual({ kind: 'own', filed: true })
    expect(barOf(own, readOf(own), 7)).toEqual({ kind: 'own', filed: false })
    const other = refused(cardOf(), 'policy.needs_role')
    expect(barOf(other, readOf(other), 7)).toEqual({ kind: 'denied' })
  })
  it('counts what is missing after my own approval', () => {
    const mine = refused(
      cardOf({ approvals_needed: 2, approvals_given: 1, approvals: [approval(3, ME, 'Chen')] }),
      'approval.decided_already',
    )
    expect(barOf(mine, readOf(mine), ME)).toEqual({ kind: 'mine', left: 1 })
  })
  it('is absent for a ticket that asks nothing of anybody', () => {
    const over = refused(cardOf({ status: 'succeeded' }), 'approval.not_pending')
    expect(barOf(over, readOf(over), ME)).toEqual({ kind: 'none' })
  })
})
