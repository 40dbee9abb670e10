import { describe, expect, it } from 'vitest'
import { endAfter, groupsOf, scopesOf, tokenState } from './scopes'

describe('the scopes of a token', () => {
  it('are those of the chosen groups, each once', () => {
    expect(scopesOf(['promote', 'release', 'promote'])).toEqual(['promote.request', 'release.request'])
  })
  it('are told as the groups they cover whole; what is left is named', () => {
    expect(groupsOf(['release.request', 'ticket.cancel'])).toEqual({ groups: ['release'], rest: ['ticket.cancel'] })
    expect(groupsOf(['ticket.*'])).toEqual({ groups: ['operate', 'decide'], rest: ['ticket.*'] })
    expect(groupsOf(['*']).groups).toHaveLength(9)
  })
})

describe('the end of a token', () => {
  const now = Date.UTC(2026, 10, 21, 12)
  it('is so many days from now, and a year is never over a year', () => {
    expect(endAfter(30, now)).toBe('2026-12-21T12:00:00.000Z')
    expect(new Date(endAfter(365, now)).getTime()).toBeLessThan(now + 365 * 86_400_000)
  })
  it('counts as ended from that moment, and revoked before that', () => {
    expect(tokenState({ expires_at: '2026-11-21T12:00:00Z', revoked_at: null }, now)).toBe('ended')
    expect(tokenState({ expires_at: '2027-11-21T12:00:00Z', revoked_at: '2026-11-20T12:00:00Z' }, now)).toBe('revoked')
    expect(tokenState({ expires_at: '2027-11-21T12:00:00Z', revoked_at: null }, now)).toBe('live')
  })
})
