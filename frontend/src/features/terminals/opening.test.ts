import { describe, expect, it } from 'vitest'
import { mayBreakGlass, together, wayOf } from './opening'

const facts = { policy: 'ticket_or_break_glass', mayOpen: true, mayAsk: true, ticket: null } as const

describe('the way to a shell', () => {
  it('is open below production for who may', () => {
    expect(wayOf({ ...facts, policy: 'open' })).toBe('open')
    expect(wayOf({ ...facts, policy: 'open', mayOpen: false })).toBe('refused')
  })

  it('is a ticket in production: asked for, waiting, then letting in', () => {
    expect(wayOf(facts)).toBe('ask')
    expect(wayOf({ ...facts, ticket: { status: 'pending_approval' } })).toBe('waits')
    expect(wayOf({ ...facts, ticket: { status: 'running' } })).toBe('with_ticket')
    expect(wayOf({ ...facts, ticket: { status: 'rejected' } })).toBe('ask')
    expect(wayOf({ ...facts, mayAsk: false })).toBe('refused')
  })

  it('is through the glass only where the policy has one, for who may, and not beside an open door', () => {
    expect(mayBreakGlass('ticket_or_break_glass', true, 'ask')).toBe(true)
    expect(mayBreakGlass('ticket_or_break_glass', true, 'waits')).toBe(true)
    expect(mayBreakGlass('ticket_or_break_glass', true, 'with_ticket')).toBe(false)
    expect(mayBreakGlass('ticket_or_break_glass', false, 'ask')).toBe(false)
    expect(mayBreakGlass('ticket', true, 'ask')).toBe(false)
  })
})

describe('the workloads to choose from', () => {
  const on = (id: number, cluster: string, more = {}) => ({ id, environment_id: 3, name: 'pay', cluster, ...more })
  const all = [on(7, 'dc1'), on(8, 'dc2'), on(9, 'test-1', { environment_id: 1 }), on(10, 'dc1', { name: 'jobs' })]

  it('are one entry for all clusters of an environment, as their pods are one list', () => {
    expect(together(all).map(({ id, clusters }) => [id, clusters])).toEqual([
      [7, ['dc1', 'dc2']],
      [9, ['test-1']],
      [10, ['dc1']],
    ])
  })

  it('keep the one that was come from', () => {
    expect(together(all, 8).map(({ id, clusters }) => [id, clusters])[0]).toEqual([8, ['dc1', 'dc2']])
  })
})
