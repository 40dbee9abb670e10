/** The form against an API that answers as the real one does: findings, their fixes, explanations, owners of fields, failures. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router'
import { cleanup, configure, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { toasts } from '@/components/notify'
import { ApiError } from '@/lib/api/errors'
import { meQuery } from '@/lib/api/queries'
import { loadNamespaces, startLanguages } from '@/lib/i18n'
import { AccessForm } from './AccessForm'

// A bound, not an expectation: a busy machine takes seconds where an idle one takes none.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
configure({ asyncUtilTimeout: 30_000 })

const door = vi.hoisted(() => ({ GET: vi.fn(), POST: vi.fn() }))
vi.mock('@/lib/api/client', () => ({
  api: door,
  body: async (answer: Promise<{ data?: unknown }>) => (await answer).data,
}))

type Json = Record<string, unknown>
const WHICH = { project: 'pay', environment: 'production', name: 'pay' }
const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    replicas: {
      type: 'integer',
      minimum: 0,
      maximum: 200,
      title: 'configuration.replicas',
      description: 'configuration.replicas.help',
      'x-group': 'configuration.group.scale',
      'x-default': 3,
    },
    time_zone: {
      type: 'string',
      maxLength: 64,
      title: 'configuration.time_zone',
      'x-group': 'configuration.group.runtime',
      'x-default': 'Asia/Shanghai',
    },
    odd: { type: 'string', oneOf: [], title: 'Odd', 'x-group': 'configuration.group.runtime' },
  },
}
const finding = (standard: string, level: string, field: string, value: unknown) => ({
  standard,
  level,
  field,
  params: {},
  suggestion: [{ path: field, value }],
  sentence_en: `${standard} is broken.`,
  sentence_zh: '',
  reason_en: 'Because.',
  reason_zh: '',
})
const cluster = (part: Json = {}) => ({
  cluster: 'dc1',
  namespace: 'pay-production',
  wave: 1,
  image: 'x',
  yaml: 'kind: Deployment\nspec:\n  replicas: 3\n',
  objects: [],
  removed: [],
  quotas: [],
  note: null,
  refused: null,
  not_checked: null,
  ...part,
})

let judge: (document: Json, take: boolean) => { findings?: unknown[]; clusters?: unknown[] }
let fails: ApiError | null
let hangs: boolean
const calls = (path: string) => door.POST.mock.calls.filter(([asked]) => asked === path).map(([, how]) => how as Json)
const previews = () => calls('/api/v1/configurations/preview')
const lastDocument = () => (previews().at(-1)?.body as Json | undefined)?.document

async function open(document: Json = {}, computed: Json = document) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  client.setQueryData(meQuery.queryKey, { id: 1, time_zone: 'UTC' } as never)
  const root = createRootRoute({ component: Outlet })
  const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Outlet })
  const project = createRoute({ getParentRoute: () => inside, path: '/p/$project', component: Outlet })
  const initial = { document, based_on: 4, note: '', explanations: {}, take_over: false }
  const form = createRoute({
    getParentRoute: () => project,
    path: '/configuration/$environment/$name',
    component: () => (
      <AccessForm which={WHICH} start="" initial={initial} computed={computed} inForce={4} refusal={null} />
    ),
  })
  const ticket = createRoute({ getParentRoute: () => inside, path: '/tickets/$id', component: () => <p>filed</p> })
  const routeTree = root.addChildren([inside.addChildren([project.addChildren([form]), ticket])])
  const history = createMemoryHistory({ initialEntries: ['/p/pay/configuration/production/pay'] })
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={createRouter({ routeTree, history }) as never} />
    </QueryClientProvider>,
  )
  await screen.findByLabelText('Replicas')
  await waitFor(() => expect(previews().length).toBeGreaterThan(0))
  return userEvent.setup({ delay: null })
}

beforeEach(async () => {
  Element.prototype.scrollIntoView = () => undefined // jsdom has no layout
  Object.assign(globalThis, { CSS: { escape: (text: string) => text } })
  window.matchMedia ??= () => ({ matches: false, addEventListener() {}, removeEventListener() {} }) as never
  window.scrollTo = () => undefined
  localStorage.clear()
  toasts.set([])
  await startLanguages('en')
  await loadNamespaces(['configuration'])
  judge = () => ({})
  fails = null
  hangs = false
  door.GET.mockReset().mockImplementation((path: string) =>
    Promise.resolve({ data: path === '/api/v1/configuration-schema' ? SCHEMA : { results: [], next: null } }),
  )
  door.POST.mockReset().mockImplementation((path: string, { body }: { body: Json }) => {
    if (path === '/api/v1/tickets/') return Promise.resolve({ data: { id: 77 } })
    if (hangs) return new Promise(() => undefined)
    if (fails) return Promise.reject(fails)
    const document = body.document as Json
    const { findings = [], clusters = [cluster()] } = judge(document, body.take_over === true)
    const whole = { replicas: 3, time_zone: 'Asia/Shanghai', ...document }
    return Promise.resolve({ data: { document: whole, findings, clusters, left_out: [], applied_meanwhile: null } })
  })
})
afterEach(cleanup)

test('a denial stands under its field; the button leads to it and files nothing; one click mends it and can be undone', async () => {
  judge = ({ replicas = 1 }) => ({
    findings: Number(replicas) < 3 ? [finding('replicas.least', 'deny', '/replicas', 3)] : [],
  })
  const user = await open({ replicas: 1 })
  await screen.findByText(/replicas.least is broken/)
  await user.click(screen.getByRole('button', { name: /Fix, then file/ }))
  expect(document.activeElement).toBe(screen.getByLabelText('Replicas'))
  expect(calls('/api/v1/tickets/')).toEqual([])
  await user.click(screen.getByRole('button', { name: 'Use 3' }))
  expect(screen.getByLabelText<HTMLInputElement>('Replicas').value).toBe('3')
  await screen.findByRole('button', { name: /Review the change/ })
  expect(lastDocument()).toEqual({ replicas: 3 })
  screen.getByText('Met:', { selector: '[data-level=met] *' })
  toasts.get()[0]?.action?.run()
  await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>('Replicas').value).toBe('1'))
})

test('a warning wants a reason of ten characters, and then the ticket says document, base, note and reason', async () => {
  judge = () => ({ findings: [finding('time_zone.set', 'warn', '/time_zone', 'Asia/Shanghai')] })
  const user = await open({ time_zone: 'UTC' })
  const box = await screen.findByLabelText('Why it is right here')
  await user.click(screen.getByRole('button', { name: /Explain, then file/ }))
  expect(document.activeElement).toBe(box)
  await user.click(box)
  await user.paste('Runs for Lisbon')
  await user.click(await screen.findByRole('button', { name: /Review the change/ }))
  await user.click(screen.getByLabelText('Revision note'))
  await user.paste('As agreed')
  await user.click(await screen.findByRole('button', { name: /File ticket/ }))
  await screen.findByText('filed')
  const form = {
    name: 'pay',
    document: { time_zone: 'UTC' },
    note: 'As agreed',
    based_on: 4,
    explanations: { 'time_zone.set': 'Runs for Lisbon' },
    take_over: false,
  }
  expect(calls('/api/v1/tickets/').map((one) => one.body)).toEqual([
    { kind: 'configure', project: 'pay', environment: 'production', note: 'As agreed', form },
  ])
})

test('what would change is shown before anything is filed, and while it is not known nothing can be', async () => {
  const changes = [{ path: 'spec.replicas', before: 3, after: 6 }]
  judge = ({ replicas = 3 }) => ({
    clusters: [
      cluster({
        objects: Number(replicas) === 6 ? [{ object: 'Deployment pay', created: false, changes, refused: null }] : [],
      }),
    ],
  })
  const user = await open({ replicas: 3 })
  const replicas = screen.getByLabelText('Replicas')
  await user.clear(replicas)
  await user.click(replicas)
  await user.paste('5')
  hangs = true // the preview of 5 is on its way
  await user.click(screen.getByRole('button', { name: /Review the change/ }))
  expect(screen.queryByRole('button', { name: /File ticket/ })).toBeNull()
  hangs = false
  await user.click(screen.getByRole('button', { name: 'Back' }))
  await user.clear(replicas)
  await user.click(replicas)
  await user.paste('6')
  await user.click(screen.getByRole('button', { name: /Review the change/ }))
  const dialog = within(screen.getByRole('dialog', { name: 'What this changes' }))
  expect((await dialog.findAllByText(/spec\.replicas/)).length).toBeGreaterThan(0)
  expect(calls('/api/v1/tickets/')).toEqual([])
  await user.click(await dialog.findByRole('button', { name: /File ticket/ }))
  await screen.findByText('filed')
})

test('a field that is emptied is computed again, and the shape is said without asking the server', async () => {
  const user = await open({ replicas: 5 })
  const replicas = screen.getByLabelText<HTMLInputElement>('Replicas')
  await user.clear(replicas)
  await waitFor(() => expect(lastDocument()).toEqual({}))
  await waitFor(() => expect([replicas.value, replicas.placeholder]).toEqual(['', '3']))
  await user.click(replicas)
  await user.paste('900')
  await screen.findByText('Replicas must be at most 200.')
  screen.getByRole('button', { name: /Fix, then file/ })
  await user.clear(replicas)
  await user.click(replicas)
  await user.paste('8')
  await waitFor(() => expect(lastDocument()).toEqual({ replicas: 8 }))
  expect(previews().map((one) => (one.body as Json).document)).not.toContainEqual({ replicas: 900 })
})

test('fields of somebody else are shown with their owner, and only a person takes them over', async () => {
  const params = { conflicts: [{ field: '.spec.replicas', manager: 'kubectl-edit' }], more: 0, fields_owned: [] }
  const refused = { code: 'kubernetes.apply_conflict', params, detail: '' }
  judge = (_, take) => ({
    clusters: [
      cluster({ objects: [{ object: 'Deployment pay', created: false, changes: [], refused: take ? null : refused }] }),
    ],
  })
  const user = await open()
  await screen.findByText('held by kubectl-edit')
  await user.click(screen.getByRole('button', { name: /Fix, then file/ }))
  expect(calls('/api/v1/tickets/')).toEqual([])
  await user.click(screen.getByRole('checkbox', { name: /Take these fields over/ }))
  await screen.findByRole('button', { name: /Review the change/ })
  expect((previews().at(-1)?.body as Json).take_over).toBe(true)
})

test('when the preview fails the last good YAML stays, with the reason, and the refused field is marked', async () => {
  const user = await open()
  await screen.findByText('replicas: 3', { exact: false })
  const problem = { code: 'configuration.unknown_time_zone', params: { name: 'Time zone', value: 'Moon' }, detail: '' }
  fails = new ApiError(400, 'invalid', 'One field is wrong.', {}, { '/time_zone': [problem] })
  await user.click(screen.getByLabelText('Time zone'))
  await user.paste('Moon')
  await screen.findByText(/there is no time zone “Moon”/)
  screen.getByText(/Shown is the last result/)
  screen.getByText('replicas: 3', { exact: false })
})

test('an older question is aborted when a newer one is asked', async () => {
  hangs = true
  const user = await open({ replicas: 3 })
  const first = previews()[0]?.signal as AbortSignal
  expect(first.aborted).toBe(false)
  await user.type(screen.getByLabelText('Replicas'), '0')
  await waitFor(() => expect(previews()).toHaveLength(2))
  await waitFor(() => expect(first.aborted).toBe(true))
})

test('a word of the schema this form does not know is said, and its value shown', async () => {
  await open({ odd: 'as it is' })
  screen.getByText(/does not know the schema's word “oneOf” at \/odd/)
  screen.getByText('"as it is"')
})

test('what was typed is there again after a reload', async () => {
  const user = await open()
  await user.click(screen.getByLabelText('Replicas'))
  await user.paste('7')
  await waitFor(() => expect(lastDocument()).toEqual({ replicas: 7 }))
  await waitFor(() => expect(Object.keys(localStorage).join()).toContain('opsportal.draft.1.configuration.'))
  cleanup()
  await open()
  expect(screen.getByLabelText<HTMLInputElement>('Replicas').value).toBe('7')
})

test('before the clusters answered the fields show what the server computed, not that nothing is set', async () => {
  hangs = true
  await open({}, { replicas: 3, time_zone: 'Asia/Shanghai' })
  expect(screen.getByLabelText<HTMLInputElement>('Replicas').placeholder).toBe('3')
  expect(screen.getByLabelText<HTMLInputElement>('Time zone').placeholder).toBe('Asia/Shanghai')
  expect(lastDocument()).toEqual({})
})
