/** Archiving, against an API that answers as the real one does. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, configure, render, screen } from '@testing-library/react'
import userEvent, { type UserEvent } from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ArchivePreview, Provision } from '@/lib/api/access'
import { meQuery } from '@/lib/api/queries'
import { loadNamespaces, startLanguages } from '@/lib/i18n'
import { Archive } from './Archive'

// A bound, not an expectation: a busy machine takes seconds where an idle one takes none.
vi.setConfig({ testTimeout: 60_000 })
configure({ asyncUtilTimeout: 20_000 })

const door = vi.hoisted(() => ({ GET: vi.fn(), POST: vi.fn() }))
const went = vi.hoisted(() => vi.fn())
vi.mock('@/lib/api/client', () => ({
  api: door,
  body: async (answer: Promise<{ data?: unknown }>) => (await answer).data,
}))
vi.mock('@tanstack/react-router', async (whole) => ({
  ...(await whole<object>()),
  useNavigate: () => went,
  Link: ({ children }: { children: unknown }) => children,
}))

const row = (id: number, what: Provision['what'], target: string, state: Provision['state']): Provision => ({
  id,
  what,
  system: 'jenkins:1',
  name: 'builds',
  target,
  link: id === 1 ? 'javascript:alert(1)' : 'https://ci.local/job/pay/',
  state,
  reason: null,
  last_event: '',
  last_event_at: null,
  ticket: 8,
  created_at: '2026-11-20T08:00:00Z',
  removed_at: null,
})
let preview: ArchivePreview

beforeEach(async () => {
  localStorage.clear()
  await startLanguages('en')
  await loadNamespaces(['access'])
  preview = {
    removes: [row(1, 'webhook', 'pay-hook', 'created')],
    keeps: [row(2, 'job', 'pay', 'adopted')],
    blocked: null,
  }
  went.mockReset()
  door.GET.mockReset().mockImplementation(() => Promise.resolve({ data: preview }))
  door.POST.mockReset().mockResolvedValue({ data: { id: 42 } })
})
afterEach(cleanup)

async function open(): Promise<UserEvent> {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  client.setQueryData(meQuery.queryKey, { id: 7, username: 'lin', display_name: 'Lin Yue', may: {} } as never)
  render(
    <QueryClientProvider client={client}>
      <Archive slug="pay" />
    </QueryClientProvider>,
  )
  await screen.findByRole('heading', { name: 'What goes' })
  return userEvent.setup()
}
const file = (user: UserEvent) => user.click(screen.getByRole('button', { name: /File ticket to archive/ }))

async function write(user: UserEvent, label: string, text: string) {
  await user.clear(screen.getByLabelText(label))
  await user.paste(text)
}

test('shows what goes and what stays; only a web address becomes a link', async () => {
  await open()
  screen.getByRole('group', { name: 'What goes' })
  screen.getByRole('group', { name: 'What stays' })
  expect(screen.getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(['https://ci.local/job/pay/'])
})

test('files nothing until the reason is a sentence and the name is typed', async () => {
  const user = await open()
  await file(user)
  screen.getByText('Say why in at least 10 characters.')
  await write(user, 'Reason, for the record', 'The shop was closed')
  await write(user, 'Type pay to go on', 'pa')
  await file(user)
  screen.getByText('This is not pay.')
  expect(door.POST).not.toHaveBeenCalled()
  await write(user, 'Type pay to go on', 'pay')
  await file(user)
  await vi.waitFor(() => expect(went).toHaveBeenCalledWith({ to: '/tickets/$id', params: { id: '42' } }))
  expect(door.POST.mock.calls.map(([, init]) => init as unknown)).toEqual([
    {
      body: { confirm: 'pay', reason: 'The shop was closed' },
      params: {
        path: { slug: 'pay' },
        header: { 'Idempotency-Key': expect.stringMatching(/^[0-9a-f]{32}$/) as string },
      },
    },
  ])
  expect(Object.keys(localStorage)).not.toContain('opsportal.draft.7.archive.pay')
})

test('where something stands in the way, the reason is told and there is no button', async () => {
  const reason = { code: 'test.running', params: {}, detail: 'pay still runs on dc1.' }
  preview = { ...preview, blocked: reason }
  const user = await open()
  screen.getByText('pay still runs on dc1.')
  expect(screen.queryByRole('button', { name: /File ticket/ })).toBeNull()
  preview = { ...preview, blocked: null }
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  await screen.findByRole('button', { name: /File ticket/ })
})

test('the reason survives a reload, the typed name does not', async () => {
  const user = await open()
  await write(user, 'Reason, for the record', 'The shop was closed')
  await write(user, 'Type pay to go on', 'pay')
  await vi.waitFor(() => expect(Object.keys(localStorage)).toContain('opsportal.draft.7.archive.pay'))
  cleanup()
  await open()
  expect(screen.getByLabelText<HTMLTextAreaElement>('Reason, for the record').value).toBe('The shop was closed')
  expect(screen.getByLabelText<HTMLInputElement>('Type pay to go on').value).toBe('')
})
