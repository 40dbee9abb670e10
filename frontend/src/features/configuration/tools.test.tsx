/** Presets and secrets against an API that answers as the real one does: saved, deleted and brought back; set and never shown. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, configure, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { ReactElement } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '@/lib/api/errors'
import { meQuery } from '@/lib/api/queries'
import { loadNamespaces, startLanguages } from '@/lib/i18n'
import { Presets } from './presets/Presets'
import { Secrets } from './secrets/Secrets'

// A bound, not an expectation: a busy machine takes seconds where an idle one takes none.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
configure({ asyncUtilTimeout: 30_000 })

const door = vi.hoisted(() => ({ GET: vi.fn(), POST: vi.fn(), PUT: vi.fn(), DELETE: vi.fn() }))
vi.mock('@/lib/api/client', () => ({
  api: door,
  body: async (answer: Promise<{ data?: unknown }>) => (await answer).data,
}))

type Json = Record<string, unknown>
const WHICH = { project: 'pay', environment: 'production', name: 'pay' }
const OF_WORKLOAD = '/api/v1/projects/{slug}/secrets/{environment}/{workload}/'
const NO = { allowed: false, code: 'policy.needs_role', params: { roles: ['ops'] }, detail: 'You need the role ops.' }
let mayNot: string[]
let presets: Json[]
let held: Json[]

const row = (id: number, { name, scope, ...part }: Json): Json => ({
  ...{ id, name, scope, project: null, language: null, created_by: null, can_delete: true },
  ...{ created_at: '2026-11-20T08:00:00Z', document: {} },
  ...part,
})
const secret = (key: string, in_use: boolean): Json => ({
  ...{ key, in_use, version: 1, set_by: null, set_at: '2026-11-20T08:00:00Z', is_pull_secret: key === '.pull' },
})

function show(page: ReactElement) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  client.setQueryData(meQuery.queryKey, { id: 1, time_zone: 'UTC' } as never)
  render(<QueryClientProvider client={client}>{page}</QueryClientProvider>)
  return { client, user: userEvent.setup({ delay: null }) }
}

beforeEach(async () => {
  await startLanguages('en')
  await loadNamespaces(['configuration'])
  mayNot = []
  presets = []
  held = []
  door.GET.mockReset().mockImplementation((path: string, how: { params: { query: { action?: string } } }) => {
    if (path === '/api/v1/why')
      return Promise.resolve({ data: mayNot.includes(how.params.query.action ?? '') ? NO : { ...NO, allowed: true } })
    if (path === '/api/v1/projects/{slug}/') return Promise.resolve({ data: { id: 9, language: 'java-maven' } })
    const lists: Record<string, Json[]> = {
      '/api/v1/configuration-presets/': presets,
      '/api/v1/projects/{slug}/environments/': [{ environment: 'production', environment_id: 3 }],
      '/api/v1/projects/{slug}/secrets/': held,
    }
    return Promise.resolve({ data: { results: lists[path], next: null } })
  })
  door.POST.mockReset().mockImplementation((_: string, { body }: { body: Json }) => {
    const made = row(presets.length + 1, body)
    presets = [...presets, made]
    return Promise.resolve({ data: made })
  })
  door.DELETE.mockReset().mockImplementation(() => {
    presets = []
    held = []
    return Promise.resolve({ data: undefined })
  })
  door.PUT.mockReset().mockImplementation((_: string, { params }: { params: { path: { key?: string } } }) => {
    held = [secret(params.path.key ?? '.pull', false)]
    return Promise.resolve({ data: held[0] })
  })
})
afterEach(cleanup)

test('the filled form is saved under a name for the project, and one that was deleted can be brought back', async () => {
  mayNot = ['standard.manage']
  const { user } = show(<Presets project="pay" document={{ replicas: 4 }} onClose={() => undefined} />)
  await user.click(await screen.findByRole('button', { name: /Save preset/ }))
  screen.getByText('Give it a name.')
  expect(door.POST).not.toHaveBeenCalled()
  await user.type(screen.getByLabelText('Name'), ' Small {Control>}{Enter}{/Control}')
  await screen.findByText('Saved Small.')
  const wanted = { name: 'Small', scope: 'project', project: 'pay', document: { replicas: 4 } }
  expect(door.POST.mock.calls).toEqual([['/api/v1/configuration-presets/', { body: wanted }]])
  await user.click(screen.getByRole('button', { name: 'Delete the preset Small' }))
  await user.click(await screen.findByRole('button', { name: 'Undo' }))
  await waitFor(() => expect(door.POST.mock.calls[1]?.[1]).toEqual({ body: wanted }))
})

test('a name that is taken is said under the field, and what was typed stays', async () => {
  door.POST.mockReset().mockRejectedValue(new ApiError(409, 'preset.name_taken', 'Taken.', { name: 'A', owner: 'pay' }))
  const { user } = show(<Presets project="pay" document={{}} onClose={() => undefined} />)
  await user.type(await screen.findByLabelText('Name'), 'A')
  await user.click(screen.getByRole('button', { name: /Save preset/ }))
  await screen.findByText(/pay has a preset “A” already/)
  expect(screen.getByLabelText<HTMLInputElement>('Name').value).toBe('A')
})

test('who may save none is told why, and still sees what there is', async () => {
  mayNot = ['standard.manage', 'preset.create']
  presets = [row(1, { name: 'Small', scope: 'language', language: 'java-maven', can_delete: false })]
  show(<Presets project="pay" document={{}} onClose={() => undefined} />)
  await screen.findByText(/role/)
  screen.getByText('Language java-maven')
  expect(screen.queryByRole('button', { name: /Save preset|Delete/ })).toBeNull()
})

test('a value is sent once, and then neither the page nor its caches have it', async () => {
  const { client, user } = show(<Secrets which={WHICH} onClose={() => undefined} />)
  await user.type(await screen.findByLabelText('Key'), 'db')
  const value = screen.getByLabelText<HTMLTextAreaElement>('Value', { selector: 'textarea' })
  expect(value.autocomplete).toBe('off')
  await user.type(value, 'hunter2')
  await user.click(screen.getByRole('button', { name: /Set value/ }))
  await screen.findByText('db is set.')
  const path = { slug: 'pay', environment: 'production', workload: 'pay', key: 'db' }
  expect(door.PUT.mock.calls).toEqual([[`${OF_WORKLOAD}{key}`, { params: { path }, body: { value: 'hunter2' } }]])
  expect(value.value).toBe('')
  const caches = () => [client.getMutationCache().getAll(), client.getQueryCache().getAll()].flat()
  await waitFor(() => expect(JSON.stringify(caches().map((one) => one.state))).not.toContain('hunter2'))
  expect(JSON.stringify(localStorage) + document.body.innerHTML).not.toContain('hunter2')
})

test('a removal asks once, for nobody can bring a value back; what is in use has none', async () => {
  held = [secret('db', true), secret('old', false)]
  const { user } = show(<Secrets which={WHICH} onClose={() => undefined} />)
  await user.click(await screen.findByRole('button', { name: 'Remove old' }))
  expect(screen.queryByRole('button', { name: 'Remove db' })).toBeNull()
  expect(door.DELETE).not.toHaveBeenCalled()
  await user.click(screen.getByRole('button', { name: 'Remove old now' }))
  const path = { slug: 'pay', environment: 'production', workload: 'pay', key: 'old' }
  await waitFor(() => expect(door.DELETE.mock.calls).toEqual([[`${OF_WORKLOAD}{key}`, { params: { path } }]]))
})

test('the login images are pulled with has its own address', async () => {
  const { user } = show(<Secrets which={WHICH} onClose={() => undefined} />)
  await user.click(await screen.findByRole('radio', { name: 'Registry login' }))
  await user.type(screen.getByLabelText('Registry'), 'harbor.example')
  await user.type(screen.getByLabelText('User name'), 'robot')
  await user.type(screen.getByLabelText('Password'), 'pw')
  await user.click(screen.getByRole('button', { name: /Set value/ }))
  const path = { slug: 'pay', environment: 'production', workload: 'pay' }
  const body = { registry: 'harbor.example', username: 'robot', password: 'pw' }
  await waitFor(() => expect(door.PUT.mock.calls).toEqual([[`${OF_WORKLOAD}.pull`, { params: { path }, body }]]))
})

test('a reader sees which keys there are and why he sets none', async () => {
  mayNot = ['secret.manage']
  held = [secret('db', false)]
  show(<Secrets which={WHICH} onClose={() => undefined} />)
  await screen.findByText('db')
  await screen.findByText(/role/)
  expect(screen.queryByRole('button', { name: /Set value|Replace|Remove/ })).toBeNull()
})
