/** Changing where requests go, against an API that answers as the real one does. */
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { cleanup, configure, render, screen } from '@testing-library/react'
import userEvent, { type UserEvent } from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '@/lib/api/errors'
import { loadNamespaces, startLanguages } from '@/lib/i18n'
import { ChangeForm } from './ChangeForm'
import type { Revision } from './model'
import { migrationQuery } from './queries'

// A bound, not an expectation: a busy machine takes seconds where an idle one takes none.
vi.setConfig({ testTimeout: 60_000 })
configure({ asyncUtilTimeout: 20_000 })

const door = vi.hoisted(() => ({ GET: vi.fn(), PUT: vi.fn(), POST: vi.fn() }))
vi.mock('@/lib/api/client', () => ({
  api: door,
  body: async (answer: Promise<{ data?: unknown }>) => (await answer).data,
}))

const revision = (number: number, container_weight: number) =>
  ({
    number,
    state: container_weight === 0 ? 'vm' : 'mixed',
    container_weight,
    container_servers: ['10.0.8.20:80'],
    author: { id: 7, username: 'lin', display_name: 'Lin Yue' },
    vm_servers: ['10.0.0.5:80'],
    unusable_servers: [],
  }) as unknown as Revision

let current: Revision
const sent = () => door.PUT.mock.calls.map(([, { body }]) => body as unknown)

function Page() {
  const found = useQuery(migrationQuery('pay', 'test')).data
  return found ? <ChangeForm project="pay" environment="test" revision={found} /> : null
}

async function open() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={client}>
      <Page />
    </QueryClientProvider>,
  )
  await screen.findByRole('radiogroup', { name: 'State' })
  return userEvent.setup()
}

/** At once and not key by key. */
async function write(user: UserEvent, into: HTMLElement, text: string) {
  await user.click(into)
  await user.paste(text)
}

beforeEach(async () => {
  await startLanguages('en')
  await loadNamespaces(['projects', 'migration'])
  current = revision(3, 0)
  door.GET.mockImplementation(() => Promise.resolve({ data: current }))
  door.PUT.mockReset()
})
afterEach(cleanup)

test('Save comes with the first change and goes when it is taken back', async () => {
  const user = await open()
  expect(screen.queryByRole('button', { name: /Save/ })).toBeNull()
  await user.click(screen.getByRole('radio', { name: 'Containers' }))
  screen.getByRole('button', { name: /Save/ })
  await user.click(screen.getByRole('radio', { name: 'Virtual machines' }))
  expect(screen.queryByRole('button', { name: /Save/ })).toBeNull()
})

test('what is sent is the state with a weight that fits it, the reason, and the revision that was looked at', async () => {
  const user = await open()
  door.PUT.mockResolvedValue({ data: revision(4, 10) })
  await user.click(screen.getByRole('radio', { name: 'Mixed' }))
  await write(user, screen.getByLabelText('Reason'), 'First share')
  await user.click(screen.getByRole('button', { name: /Save/ }))
  expect(sent()).toEqual([
    {
      state: 'mixed',
      container_weight: 10,
      container_servers: ['10.0.8.20:80'],
      reason: 'First share',
      based_on: 3,
    },
  ])
})

test('a refused address is told under its field, and what was typed stays', async () => {
  const user = await open()
  const problem = { code: 'migration.bad_address', params: { address: 'nowhere' }, detail: '' }
  door.PUT.mockRejectedValue(new ApiError(400, 'invalid', '', {}, { container_servers: [problem] }))
  const servers = screen.getByLabelText<HTMLTextAreaElement>('Container addresses')
  await user.clear(servers)
  await write(user, servers, 'nowhere')
  await user.click(screen.getByRole('button', { name: /Save/ }))
  await screen.findByText(/“nowhere” is not an address of the form host:port/)
  expect([servers.value, servers.getAttribute('aria-invalid')]).toEqual(['nowhere', 'true'])
})

test('when somebody changed it meanwhile, who and what is told, and saving again is upon his revision', async () => {
  const user = await open()
  door.PUT.mockImplementation(() => {
    current = revision(4, 50)
    return Promise.reject(new ApiError(409, 'migration.changed_meanwhile', ''))
  })
  await user.click(screen.getByRole('radio', { name: 'Containers' }))
  await user.click(screen.getByRole('button', { name: /Save/ }))
  const goOn = await screen.findByRole('button', { name: /Go on from revision 4/ })
  expect(screen.getByRole('alert').textContent).toContain('Lin Yue changed pay/test to revision 4 with 50 %')
  expect(screen.queryByRole('button', { name: /Save/ })).toBeNull()
  await user.click(goOn)
  await user.click(screen.getByRole('button', { name: /Save/ }))
  expect(sent().map((one) => (one as { based_on: number }).based_on)).toEqual([3, 4])
})
