/** The roll back page against an API that answers as the real one does: what may come back, and what is asked for then. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router'
import { cleanup, configure, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Schemas } from '@/lib/api/client'
import { meQuery } from '@/lib/api/queries'
import { loadNamespaces, startLanguages } from '@/lib/i18n'
import RollBackPage from './RollBackPage'

// A bound, not an expectation: a busy machine takes seconds where an idle one takes none.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
configure({ asyncUtilTimeout: 30_000 })

const door = vi.hoisted(() => ({ GET: vi.fn(), POST: vi.fn() }))
vi.mock('@/lib/api/client', () => ({
  api: door,
  body: async (answer: Promise<{ data?: unknown }>) => (await answer).data,
}))

type Json = Record<string, unknown>
type Offered = Schemas['ConfigurationOffered']
const OLD = `sha256:${'a'.repeat(64)}`
const ENVIRONMENT = { id: 2, slug: 'test', name: 'Test', tier: 'test' }
const MAY = { allowed: true, code: '', params: {}, detail: '' }
const VERSION = {
  id: 5,
  tag: '20261120-080000-u1',
  digest: OLD,
  commit_title: 'Orders',
  is_built_here: true,
  ref: 'main',
}
const GOOD = {
  release: VERSION,
  ticket: 3,
  since: '2026-11-20T08:00:00Z',
  until: '2026-11-21T08:00:00Z',
  ran_seconds: 86400,
}
const BOARD = {
  environments: [
    {
      ...{ environment: ENVIRONMENT, approvals_needed: 0, lock: null, cells: [], open_tickets: [], next: [] },
      last_known_good: { ...GOOD, image_known_present: true, image_seen_at: null },
      rights: { release: MAY, promote: MAY, roll_back: MAY, verdict: MAY },
    },
  ],
}
const OFFERED: Offered = {
  ...{ name: 'pay', number: 4, applied_at: '2026-11-20T07:00:00Z', in_force: 6, secrets: ['db'], reason: null },
}
const ARGUMENT = { path: 'spec.template.spec.containers[app].args', before: ['--mode=new'], after: ['--mode=old'] }

let offered: Offered
const asked = (path: string) =>
  door.POST.mock.calls.filter(([at]) => at === path).map(([, how]) => (how as { body: { form: Json } }).body.form)
const radio = (name: RegExp) => screen.findByRole<HTMLInputElement>('radio', { name })

function preview(form: Json) {
  const whole = form.with_configuration === true
  const change = {
    ...{ cluster: 'test-1', namespace: 'test', deployment: 'pay', container: 'app', wave: 1, before: 'r/pay:2@x' },
    ...{ after: 'r/pay:1@y', is_pattern: false, replicas: 2, changed_fields: [], refused: null, not_checked: null },
    ...{ will_be_made: false, pre_rollout: null, removed: whole ? ['ConfigMap pay-files'] : [] },
    objects: whole ? [{ object: 'Deployment pay', created: false, changes: [ARGUMENT] }] : [],
  }
  return {
    ...{ can_file: true, title: 'pay', first_status: 'queued', approvals_needed: 0, requires_review: false, gates: [] },
    ...{ commits: null, commits_reason: null, who_may_decide: [], place_in_queue: 0, findings: [] },
    changes: [change],
    configuration: offered,
  }
}

async function open(address = '/p/pay/rollback?env=test') {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  client.setQueryData(meQuery.queryKey, { id: 1, time_zone: 'UTC' } as never)
  const root = createRootRoute({ component: Outlet })
  const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Outlet })
  const project = createRoute({ getParentRoute: () => inside, path: '/p/$project', component: Outlet })
  const page = createRoute({ getParentRoute: () => project, path: '/rollback', component: RollBackPage })
  const ticket = createRoute({ getParentRoute: () => inside, path: '/tickets/$id', component: () => <p>filed</p> })
  const routeTree = root.addChildren([inside.addChildren([project.addChildren([page]), ticket])])
  const history = createMemoryHistory({ initialEntries: [address] })
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={createRouter({ routeTree, history }) as never} />
    </QueryClientProvider>,
  )
  await screen.findByRole('group', { name: 'What comes back' })
  return userEvent.setup({ delay: null })
}

beforeEach(async () => {
  window.matchMedia ??= () => ({ matches: false, addEventListener() {}, removeEventListener() {} }) as never
  window.scrollTo = () => undefined
  localStorage.clear()
  await startLanguages('en')
  await loadNamespaces(['filing'])
  offered = OFFERED
  door.GET.mockReset().mockImplementation((path: string) =>
    Promise.resolve({ data: path === '/api/v1/board' ? BOARD : { results: [], next: null, registries: [] } }),
  )
  door.POST.mockReset().mockImplementation((path: string, { body }: { body: { form: Json } }) =>
    Promise.resolve({ data: path === '/api/v1/tickets/' ? { id: 77 } : preview(body.form) }),
  )
})
afterEach(cleanup)

test('the image alone is chosen until somebody chooses otherwise; then the change of every object is shown', async () => {
  const user = await open()
  expect((await radio(/The image only/)).checked).toBe(true)
  expect(screen.getByText('Revision 6 of the configuration stays in force.')).toBeTruthy()
  expect(screen.getByText('Held values stay as they are now: db.')).toBeTruthy()
  expect(screen.queryByText('ConfigMap pay-files · test-1')).toBeNull()
  await user.click(await radio(/The image and its configuration/))
  expect(await screen.findByText('ConfigMap pay-files · test-1')).toBeTruthy()
  expect(screen.getByText('Deployment pay · test-1')).toBeTruthy()
  expect(asked('/api/v1/tickets/preview').map((form) => form.with_configuration)).toEqual([undefined, true])
})

test('both are filed as one ticket', async () => {
  const user = await open()
  await user.click(await radio(/The image and its configuration/))
  await user.type(screen.getByRole('textbox'), 'orders fail since then')
  await user.click(await screen.findByRole('button', { name: /Roll back test/ }))
  expect(await screen.findByText('filed')).toBeTruthy()
  expect(asked('/api/v1/tickets/')).toEqual([
    { release: VERSION.tag, with_configuration: true, reason: 'orders fail since then' },
  ])
})

test('where no configuration may come back the choice is a sentence that says why, and the image goes alone', async () => {
  const reason = {
    code: 'rollback.no_configuration',
    params: {},
    detail: 'No configuration was in force in test then.',
  }
  offered = { ...OFFERED, number: null, applied_at: null, secrets: [], reason }
  const user = await open()
  expect(await screen.findByText(/^No configuration was in force in/)).toBeTruthy()
  expect(screen.queryByRole('radio', { name: /configuration/ })).toBeNull()
  await user.type(screen.getByRole('textbox'), 'orders fail since then')
  await user.click(await screen.findByRole('button', { name: /Roll back test/ }))
  await waitFor(() => expect(asked('/api/v1/tickets/')).toHaveLength(1))
  expect(asked('/api/v1/tickets/')).toEqual([{ release: VERSION.tag, reason: 'orders fail since then' }])
})

test('a link to both, where none may come back any more, leads back to the image alone', async () => {
  const reason = { code: 'rollback.no_configuration', params: { environment: 'test' }, detail: '' }
  offered = { ...OFFERED, number: null, applied_at: null, secrets: [], reason }
  const user = await open('/p/pay/rollback?env=test&whole=true')
  await user.click(await radio(/The image only/))
  await waitFor(() => expect(screen.queryByRole('radio', { name: /The image only/ })).toBeNull())
  const whole = () => asked('/api/v1/tickets/preview').map((form) => form.with_configuration)
  await waitFor(() => expect(whole()).toEqual([true, undefined]))
})
