/** What happened so far, as the rail tells it. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Happened, SessionDetail } from '@/lib/api/terminals'
import { loadNamespaces, startLanguages } from '@/lib/i18n'
import { WhatHappened } from './Rail'

beforeAll(async () => {
  await startLanguages('en')
  await loadNamespaces(['terminals'])
})

const at = (minute: number) => `2026-11-21T10:${String(minute).padStart(2, '0')}:00Z`
const event = (minute: number, code: string, actor: string, params: Happened['params'] = {}): Happened => ({
  at: at(minute),
  code: `terminal.${code}`,
  params,
  actor,
})

function told(happened: Happened[]): (string | undefined)[] {
  const session = { minutes: 45, end: null, happened } as unknown as SessionDetail
  render(
    <QueryClientProvider client={new QueryClient()}>
      <WhatHappened session={session} />
    </QueryClientProvider>,
  )
  return screen.getAllByRole('listitem').map((row) => row.lastElementChild?.textContent ?? undefined)
}

describe('what happened in a session', () => {
  it('tells of the first key the minutes that ran from it, also when more were given later', () => {
    const used = event(4, 'used', 'Lin Yue', { ends_at: at(34) })
    expect(told([used, event(9, 'extended', 'Chen Hao', { minutes: 15 })])).toEqual([
      'First key, 30 min run',
      'Chen Hao gave 15 min more',
    ])
  })

  it('tells of an end once, in the words of the end', () => {
    const asked = event(8, 'end_requested', 'Sun Jie')
    expect(told([asked])).toEqual(['Sun Jie ended the session'])
    cleanup()
    expect(told([asked, event(8, 'ended', 'Lin Yue')])).toEqual(['The session ended'])
  })

  it('tells of who watched along once, and of a replay afterwards', () => {
    const rows = [
      event(5, 'replayed', 'Chen Hao', { state: 'live' }),
      event(5, 'watched', 'Chen Hao'),
      event(20, 'replayed', 'Chen Hao', { state: 'ended' }),
      event(21, 'replayed', 'Sun Jie', { state: 'ended' }),
    ]
    expect(told(rows)).toEqual([
      'Chen Hao started watching',
      'Chen Hao replayed the recording',
      'Sun Jie replayed the recording',
    ])
  })
})
