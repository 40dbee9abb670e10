import { render, screen } from '@testing-library/react'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SessionDetail } from '@/lib/api/terminals'
import { loadNamespaces, startLanguages } from '@/lib/i18n'
import type { LinkState } from '@/lib/terminal/link'
import { SessionBar } from './SessionBar'

beforeAll(async () => {
  await startLanguages('en')
  await loadNamespaces(['terminals'])
})

const session = {
  state: 'live',
  reason: 'Bank channel',
  minutes: 30,
  ends_at: null,
  watchers: [],
} as unknown as SessionDetail
const open: LinkState = {
  phase: 'open',
  latency: 24,
  awaySince: null,
  wasAway: null,
  missed: 0,
  facts: null,
  ahead: 0,
  end: null,
  error: null,
}
const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()
const alert = () => screen.getByRole('alert').textContent

describe('the session bar', () => {
  it('says that the time does not run before the first key', () => {
    render(<SessionBar session={session} state={open} />)
    expect(screen.getByText('30 min from the first key')).toBeTruthy()
    expect(screen.getByText('Connected, 24 ms')).toBeTruthy()
    expect(alert()).toBe('')
  })

  it.each([
    [600, 'calm', ''],
    [290, 'soon', 'This shell ends in five minutes.'],
    [55, 'last', 'This shell ends in one minute.'],
  ])('with %i seconds left is %s and says so once', (left, urgency, said) => {
    render(<SessionBar session={{ ...session, ends_at: at(left) }} state={open} />)
    expect(document.querySelector('[data-urgency]')?.getAttribute('data-urgency')).toBe(urgency)
    expect(alert()).toBe(said)
  })

  it('says how long the shell still waits for its browser', () => {
    render(<SessionBar session={session} state={{ ...open, phase: 'away', awaySince: Date.now() - 17_000 }} />)
    expect(screen.getByText('Reconnecting, 43 s left')).toBeTruthy()
  })

  it('names who watches', () => {
    const facts = { watchers: ['Chen Hao'] } as unknown as LinkState['facts']
    render(<SessionBar session={session} state={{ ...open, facts }} />)
    expect(screen.getByText(/Chen Hao is watching/)).toBeTruthy()
  })

  it('says of nobody that they watch a shell that is over', () => {
    const facts = { watchers: ['Chen Hao'] } as unknown as LinkState['facts']
    render(<SessionBar session={{ ...session, state: 'ended' }} state={{ ...open, facts }} />)
    expect(screen.queryByText(/is watching/)).toBeNull()
  })
})
