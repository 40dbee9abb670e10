/** The sheet before a shell, against an API that answers as the real one does. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { configure, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/lib/api/errors'
import { meQuery } from '@/lib/api/queries'
import { loadNamespaces, startLanguages } from '@/lib/i18n'
import { takeClaim } from './claims'
import { NewShell, type NewSearch } from './NewShell'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })
configure({ asyncUtilTimeout: 30_000 })

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

const container = (name: string, more = {}) => ({
  name,
  ready: true,
  restarts: 0,
  state: 'running',
  reason: '',
  ...more,
})
const pod = (name: string, more = {}) => ({
  cluster: 'dc1',
  workload: 7,
  namespace: 'production',
  name,
  uid: name,
  containers: [container('app'), container('proxy')],
  version: '20261121-084127-u17',
  is_new: true,
  ready: true,
  restarts: 0,
  state: 'running',
  detail: '',
  created_at: '2026-11-21T08:41:27Z',
  node: 'n1',
  touched_at: null,
  ...more,
})
const DETAIL = 'exit code 137'
const PODS = [pod('pay-x1', { state: 'crash_loop', detail: DETAIL, ready: false, restarts: 7 }), pod('pay-x2')]
const WORKLOAD = {
  id: 7,
  project: 'pay',
  project_id: 2,
  environment: 'production',
  environment_id: 3,
  name: 'pay',
  deployment: 'pay',
  cluster: 'dc1',
}

let policy: string
let may: Record<string, boolean>
let tickets: { id: number; status: string }[]
let refusal: ApiError | null

type Init = { params?: { query?: { action?: string }; path?: { ticket_id?: number } } }

function answer(path: string, init: Init): unknown {
  if (path.endsWith('/workloads/')) return { results: [WORKLOAD] }
  if (path.endsWith('/pods/')) return { at: '', clusters: [{ cluster: 'dc1', reachable: true }], pods: PODS }
  if (path.endsWith('/environments/')) return { results: [{ slug: 'production', shell_policy: policy }] }
  if (path.endsWith('/why')) return { allowed: may[init.params?.query?.action ?? ''] ?? false, code: 'policy.denied' }
  if (path.endsWith('/tickets/')) return { results: tickets, next: null }
  if (path.endsWith('/{ticket_id}/')) {
    const id = init.params?.path?.ticket_id
    const status = tickets.find((one) => one.id === id)?.status ?? 'running'
    return { id, status, reason: null, form: { reason: REASON } }
  }
  return { results: [] }
}
const posted = (path: string) =>
  door.POST.mock.calls.filter(([to]) => to === path).map(([, init]) => (init as { body: Record<string, unknown> }).body)
const opened = () => posted('/api/v1/terminal-sessions/')
const filed = () => posted('/api/v1/tickets/')
const REASON = 'Bank channel times out'

beforeEach(async () => {
  localStorage.clear()
  went.mockReset()
  policy = 'open'
  may = { 'terminal.open': true, 'emergency_shell.request': true, 'terminal.break_glass': true }
  tickets = []
  refusal = null
  await startLanguages('en')
  await loadNamespaces(['terminals', 'workload'])
  door.GET.mockReset().mockImplementation((path: string, init) => Promise.resolve({ data: answer(path, init ?? {}) }))
  door.POST.mockReset().mockImplementation((path: string) => {
    if (refusal) return Promise.reject(refusal)
    return Promise.resolve({ data: path.endsWith('/tickets/') ? { id: 41 } : { id: 9, claim: 'once', socket: '' } })
  })
})

async function sheet(search: NewSearch = {}) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  client.setQueryData(meQuery.queryKey, { id: 3, username: 'lin', display_name: 'Lin Yue', may: {} } as never)
  const change = vi.fn()
  render(
    <QueryClientProvider client={client}>
      <NewShell search={{ project: 'pay', ...search }} change={change} />
    </QueryClientProvider>,
  )
  await screen.findByText('Restarting again and again')
  return { change, user: userEvent.setup() }
}

describe('the sheet before a shell', () => {
  it('tells pods apart by how they are, why, their version, restarts and age', async () => {
    await sheet()
    const first = document.querySelector('[data-pod="pay-x1"]')?.textContent
    const age = document.querySelector('[data-pod="pay-x1"] time')?.textContent
    expect(age).toBeTruthy()
    expect(first).toBe(`Restarting again and again${DETAIL}1121-084127-u17 · new · 7 restarts · age ${age} · dc1`)
    expect(document.querySelector('[data-pod="pay-x2"]')?.textContent).toContain('0 restarts')
  })

  it('offers the worst pod first, opens it, and keeps the claim out of the address', async () => {
    const { user } = await sheet()
    await user.type(await screen.findByLabelText('Reason'), REASON)
    await user.click(await screen.findByRole('button', { name: 'Open shell' }))
    expect(opened()).toEqual([
      { workload: 7, cluster: 'dc1', pod: 'pay-x1', container: 'app', reason: REASON, minutes: 30, ticket: null },
    ])
    await vi.waitFor(() => expect(went).toHaveBeenCalled())
    expect(went.mock.calls.at(-1)?.[0]).toEqual({ to: '/terminals/$id', params: { id: '9' }, replace: true })
    expect([takeClaim(9), takeClaim(9)]).toEqual(['once', null])
  })

  it('opens nothing without a reason of ten characters, and says so', async () => {
    const { user } = await sheet()
    await user.type(await screen.findByLabelText('Reason'), 'short')
    await user.click(await screen.findByRole('button', { name: 'Open shell' }))
    await screen.findByText('Say why in 10 characters or more.')
    expect(door.POST).not.toHaveBeenCalled()
  })

  it('asks for an approval where the policy wants one, and opens nothing', async () => {
    policy = 'ticket'
    const { user, change } = await sheet()
    await user.type(await screen.findByLabelText('Reason'), REASON)
    await user.click(await screen.findByRole('button', { name: 'Ask for approval' }))
    await vi.waitFor(() => expect(change).toHaveBeenCalledWith({ project: 'pay', ticket: 41 }))
    expect(filed()).toEqual([
      {
        kind: 'emergency_shell',
        project: 'pay',
        environment: 'production',
        form: { workload: 7, minutes: 30, break_glass: false, reason: REASON },
        note: '',
      },
    ])
    expect(opened()).toEqual([])
    expect(screen.queryByRole('button', { name: 'Break the glass' })).toBeNull()
  })

  it('opens with the ticket that lets one in, for the reason that was approved', async () => {
    policy = 'ticket_or_break_glass'
    tickets = [{ id: 12, status: 'running' }]
    const { user } = await sheet()
    await vi.waitFor(async () =>
      expect((await screen.findByLabelText<HTMLTextAreaElement>('Reason')).value).toBe(REASON),
    )
    await user.click(await screen.findByRole('button', { name: 'Open shell' }))
    expect(opened()[0]).toMatchObject({ ticket: 12, reason: REASON })
  })

  it('breaks the glass: files it, waits until it lets in, opens', async () => {
    policy = 'ticket_or_break_glass'
    const { user } = await sheet()
    await user.type(await screen.findByLabelText('Reason'), REASON)
    await user.click(await screen.findByRole('button', { name: 'Break the glass' }))
    await vi.waitFor(() => expect(opened()[0]?.ticket).toBe(41))
    expect((filed()[0]?.form as { break_glass: boolean }).break_glass).toBe(true)
  })

  it('says why not, asks for nothing, and still shows the pods', async () => {
    may = {}
    await sheet()
    await screen.findByText(/policy\.denied/)
    expect(await screen.findAllByRole('radio')).toHaveLength(2)
    expect(screen.queryByRole('button', { name: 'Open shell' })).toBeNull()
    expect(screen.queryByLabelText('Reason')).toBeNull()
    expect(screen.queryByLabelText('Container')).toBeNull()
  })

  it('shows what the portal refused, and keeps what was typed', async () => {
    refusal = new ApiError(409, 'terminal.too_many', '', { live: 5, most: 5 })
    const { user } = await sheet()
    const reason = await screen.findByLabelText<HTMLTextAreaElement>('Reason')
    await user.type(reason, REASON)
    await user.click(await screen.findByRole('button', { name: 'Open shell' }))
    await screen.findByText('You have 5 shells open and may have 5. End one of them first.')
    expect(reason.value).toBe(REASON)
  })
})
