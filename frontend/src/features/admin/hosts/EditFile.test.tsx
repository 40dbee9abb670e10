/** Editing a hosts file against an API that answers as the real one does: saves, problems at their lines, somebody else's save. */
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { cleanup, configure, render, screen } from '@testing-library/react'
import userEvent, { type UserEvent } from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '@/lib/api/errors'
import { meQuery } from '@/lib/api/queries'
import { loadNamespaces, startLanguages } from '@/lib/i18n'
import { EditFile } from './EditFile'
import { hostsQuery, type HostsFile } from './queries'

// A bound, not an expectation: a busy machine takes seconds where an idle one takes none.
vi.setConfig({ testTimeout: 60_000 })
configure({ asyncUtilTimeout: 20_000 })

const door = vi.hoisted(() => ({ GET: vi.fn(), PUT: vi.fn(), POST: vi.fn(), DELETE: vi.fn() }))
vi.mock('@/lib/api/client', () => ({
  api: door,
  body: async (answer: Promise<{ data?: unknown }>) => (await answer).data,
}))

const LIN = { id: 7, username: 'lin', display_name: 'Lin Yue' }
const file = (number: number, text: string) =>
  ({
    number,
    text,
    entries: [],
    url: '/hosts/test.txt',
    note: '',
    restored_from: null,
    author: LIN,
  }) as unknown as HostsFile

let current: HostsFile
const saved = () => door.PUT.mock.calls.map(([, { body }]) => body as unknown)
const box = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Text' })

function Page() {
  const found = useQuery(hostsQuery('test')).data
  return found ? <EditFile environment="test" file={found} onCompare={() => undefined} /> : null
}

async function open() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  client.setQueryData(meQuery.queryKey, { id: 1, time_zone: 'UTC' } as never)
  render(
    <QueryClientProvider client={client}>
      <Page />
    </QueryClientProvider>,
  )
  await screen.findByRole('textbox', { name: 'Text' })
  return userEvent.setup()
}

/** At once and not key by key. */
async function write(user: UserEvent, into: HTMLElement, text: string) {
  await user.click(into)
  await user.paste(text)
}

beforeEach(async () => {
  Element.prototype.scrollIntoView = () => undefined // jsdom has no layout
  localStorage.clear()
  await startLanguages('en')
  await loadNamespaces(['admin', 'hosts'])
  current = file(3, '10.0.0.1 db\n')
  door.GET.mockImplementation(() => Promise.resolve({ data: current }))
  door.PUT.mockReset()
})
afterEach(cleanup)

test('without a change there is nothing to save; a save names the version it began from', async () => {
  const user = await open()
  expect(screen.queryByRole('button', { name: /Save/ })).toBeNull()
  door.PUT.mockImplementation((_, { body }: { body: { text: string } }) => {
    current = file(4, body.text)
    return Promise.resolve({ data: current })
  })
  await write(user, box(), '10.0.0.2 cache')
  await user.click(screen.getByRole('button', { name: /Save as version 4/ }))
  await screen.findByText('Version 4 is current: machines download it from now on.')
  expect(saved()).toEqual([{ text: '10.0.0.1 db\n10.0.0.2 cache', note: '', based_on: 3 }])
  expect(screen.queryByRole('button', { name: /Save/ })).toBeNull()
  expect(box().value).toBe('10.0.0.1 db\n10.0.0.2 cache')
})

test('a refused line is named and selected from its sentence; nothing typed is lost', async () => {
  const user = await open()
  const problem = { code: 'hosts.no_name', params: { line: 2, address: '10.0.0.2' }, detail: '' }
  door.PUT.mockRejectedValue(new ApiError(400, 'hosts.bad_lines', '', { count: 1, line: 2 }, { text: [problem] }))
  await write(user, box(), '10.0.0.2')
  await user.click(screen.getByRole('button', { name: /Save as version 4/ }))
  const told = await screen.findByRole('button', { name: /Line 2 has the address 10.0.0.2 and no name/ })
  expect(box().getAttribute('aria-invalid')).toBe('true')
  await user.click(told)
  expect([box().selectionStart, box().selectionEnd]).toEqual([12, 20])
  expect(box().value).toBe('10.0.0.1 db\n10.0.0.2')
})

test('when somebody saved meanwhile, both texts are there, and only a look at the difference opens the save again', async () => {
  const user = await open()
  door.PUT.mockImplementation(() => {
    current = file(4, '10.0.0.1 db\n10.0.0.9 lin\n')
    return Promise.reject(new ApiError(409, 'hosts.saved_meanwhile', ''))
  })
  await write(user, box(), '10.0.0.2 cache')
  await user.click(screen.getByRole('button', { name: /Save as version 4/ }))
  const look = await screen.findByRole('button', { name: /Compare my text with version 4/ })
  expect(screen.getByRole('alert').textContent).toContain('Lin Yue saved version 4')
  expect(box().value).toBe('10.0.0.1 db\n10.0.0.2 cache')
  expect(screen.queryByRole('button', { name: /Save as/ })).toBeNull()
  await user.click(look)
  const difference = screen.getByRole('group', { name: 'What changes' }).textContent
  expect(difference).toContain('10.0.0.9 lin')
  expect(difference).toContain('10.0.0.2 cache')
  await user.click(screen.getByRole('button', { name: /Save as version 5/ }))
  expect(saved().map((one) => (one as { based_on: number }).based_on)).toEqual([3, 4])
})
