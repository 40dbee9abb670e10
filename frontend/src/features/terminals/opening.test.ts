import { describe, expect, it } from 'vitest'
import { mayBreakGlass, wayOf } from './opening'

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
