/** The form of project access, against an API that answers as the real one does. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, configure, render, screen, within } from '@testing-library/react'
import userEvent, { type UserEvent } from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AccessCheck } from '@/lib/api/access'
import { ApiError } from '@/lib/api/errors'
import { meQuery } from '@/lib/api/queries'
import { loadNamespaces, startLanguages } from '@/lib/i18n'
import { AccessForm } from './AccessForm'

// A bound, not an expectation: a busy machine takes seconds where an idle one takes none.
vi.setConfig({ testTimeout: 120_000 })
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

const OPTIONS = {
  gitlabs: ['main'],
  jenkins: ['builds'],
  registries: ['harbor'],
  languages: [{ slug: 'java', name: 'Java' }],
  environments: [{ slug: 'test', name: 'Test', tier: 'test' }],
}
const NOTHING: AccessCheck = {
  fields: {},
  suggested_slug: '',
  taken_by: '',
  repository: null,
  access: null,
  clone: null,
  creates: [],
}
const FOUND: Partial<AccessCheck> = {
  repository: { path: 'shop/pay', web_url: 'https://git.local/shop/pay', default_branch: 'main', archived: false },
  access: { ok: true, code: '', params: {}, detail: '' },
  clone: { state: 'unknown', code: '', params: {}, detail: '' },
}
type Asked = { slug: string; check_clone?: true } & Record<string, unknown>
let checked: (asked: Asked) => Partial<AccessCheck>
let file: (asked: Asked) => Promise<{ data: unknown }>
const posts = (path: string) =>
  door.POST.mock.calls.filter(([to]) => to === path).map(([, init]) => init as { body: Asked; params?: unknown })
const drafts = () => Object.keys(localStorage).filter((key) => key.startsWith('opsportal.draft.'))
const filed = () => posts('/api/v1/access/requests/')

const slugs = () => posts('/api/v1/access/check/').map((one) => one.body.slug)

beforeEach(async () => {
  localStorage.clear()
  went.mockReset()
  await startLanguages('en')
  await loadNamespaces(['access'])
  checked = () => ({})
  file = () => Promise.resolve({ data: { id: 41 } })
  door.GET.mockReset().mockImplementation((path: string) =>
    Promise.resolve({ data: path.endsWith('/options/') ? OPTIONS : { results: [] } }),
  )
  door.POST.mockReset().mockImplementation((path: string, { body }: { body: Asked }) =>
    path.endsWith('/check/') ? Promise.resolve({ data: { ...NOTHING, ...checked(body) } }) : file(body),
  )
})
afterEach(cleanup)

async function open(): Promise<UserEvent> {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  client.setQueryData(meQuery.queryKey, { id: 7, username: 'lin', display_name: 'Lin Yue', may: {} } as never)
  render(
    <QueryClientProvider client={client}>
      <AccessForm />
    </QueryClientProvider>,
  )
  await screen.findByRole('checkbox', { name: /Test/ })
  return userEvent.setup()
}

/** At once and not key by key. */
async function write(user: UserEvent, label: string, text: string) {
  await user.click(screen.getByLabelText(label))
  await user.paste(text)
}

test('a name that breaks the rule is told while typing, and put right in one click', async () => {
  const user = await open()
  await write(user, 'Business', 'Book_API')
  await write(user, 'Suffix', 'n1')
  await user.click(await screen.findByRole('button', { name: 'Use book-api-n1' }))
  const values = ['Business', 'Server type', 'Suffix'].map(
    (label) => screen.getByLabelText<HTMLInputElement>(label).value,
  )
  expect(values).toEqual(['book', 'api', 'n1'])
})

test('a name that somebody has is told with the free one beside it, and never called free', async () => {
  checked = ({ slug }) =>
    slug === 'pay'
      ? {
          taken_by: 'request',
          suggested_slug: 'pay-2',
          fields: { slug: [{ code: 'project.name_taken', params: { name: 'pay' }, detail: 'Taken.' }] },
        }
      : {}
  const user = await open()
  await write(user, 'Business', 'pay')
  await user.click(await screen.findByRole('button', { name: 'Use pay-2' }))
  await screen.findByText('Free here, not checked in Jenkins')
  expect(slugs().at(-1)).toBe('pay-2')
})

test('what was found of the repository is shown, and Jenkins is asked only when somebody says so', async () => {
  checked = ({ check_clone }) => ({
    ...FOUND,
    ...(check_clone && { clone: { state: 'ok', code: '', params: {}, detail: '' } }),
  })
  const user = await open()
  await write(user, 'Repository in GitLab', 'https://git.local/shop/pay.git')
  const list = await screen.findByRole('list', { name: 'What was found' })
  within(list).getByText('shop/pay')
  within(list).getByText('Whether Jenkins can clone it was not asked yet')
  expect(posts('/api/v1/access/check/').some((one) => one.body.check_clone)).toBe(false)
  await user.click(within(list).getByRole('button', { name: /Ask Jenkins/ }))
  await screen.findByText('Jenkins can clone it')
  expect(posts('/api/v1/access/check/').filter((one) => one.body.check_clone)).toHaveLength(1)
})

test('what approval will create stands beside the form, with what is there already', async () => {
  checked = () => ({
    creates: [
      { system: 'jenkins:1', name: 'builds', target: 'pay', what: 'job', exists: false },
      { system: 'cluster:1', name: 'dc1', target: 'pay-test', what: 'namespace', exists: true },
      { system: 'cluster:2', name: 'dc2', target: 'pay-test', what: 'namespace', exists: null },
    ],
  })
  const user = await open()
  await write(user, 'Business', 'pay')
  const namespace = (await screen.findByText('Namespace')).closest('[data-what]')
  expect(namespace?.textContent).toBe(
    'Namespacepay-test · dc1 · is there alreadypay-test · dc2 · not known whether it is there',
  )
})

test('what is filed is the whole form, once, with a key; the draft is forgotten and the ticket opens', async () => {
  const user = await open()
  await write(user, 'Business', 'pay')
  await write(user, 'Shown name', 'Pay')
  await write(user, 'Repository in GitLab', 'shop/pay')
  await user.click(screen.getByRole('checkbox', { name: /Test/ }))
  await write(user, 'Start command optional', 'java\n-jar\nmy app.jar')
  await user.click(screen.getByRole('radio', { name: 'stdout' }))
  await user.click(screen.getByRole('radio', { name: 'Mixed' }))
  await user.keyboard('{Control>}{Enter}{/Control}')
  await vi.waitFor(() => expect(went).toHaveBeenCalledWith({ to: '/tickets/$id', params: { id: '41' } }))
  expect(filed()).toHaveLength(1)
  expect(filed()[0]?.body).toMatchObject({
    slug: 'pay',
    name: 'Pay',
    gitlab: 'main',
    gitlab_path: 'shop/pay',
    environments: ['test'],
    owners: ['lin'],
    start_command: ['java', '-jar', 'my app.jar'],
    log_path: 'stdout',
    migration: { state: 'mixed' },
  })
  expect(filed()[0]?.params).toMatchObject({ header: { 'Idempotency-Key': expect.stringMatching(/^[0-9a-f]{32}$/) } })
  await new Promise((done) => setTimeout(done, 300)) // longer than a draft waits to be kept
  expect(drafts()).toEqual([])
})

test('what the server refuses is told at its field, a list’s part too, until that field is written anew', async () => {
  const problem = (detail: string) => [{ code: 'test.unknown_code', params: {}, detail }]
  file = () =>
    Promise.reject(
      new ApiError(
        400,
        'invalid',
        '',
        {},
        {
          language: problem('Choose one.'),
          'contacts.0.address': problem('No address.'),
          name: problem('No name.'),
        },
      ),
    )
  const user = await open()
  await user.click(screen.getByRole('button', { name: /File ticket/ }))
  await screen.findByText('No address.')
  screen.getByText('Choose one.')
  screen.getByText('Some fields need another look.')
  expect(document.activeElement?.id).toBe('name')
  await write(user, 'Shown name', 'Pay')
  expect(screen.queryByText('No name.')).toBeNull()
  screen.getByText('Choose one.')
  expect(went).not.toHaveBeenCalled()
})

test('a draft survives the page', async () => {
  const user = await open()
  await write(user, 'Business', 'pay')
  await vi.waitFor(() => expect(drafts()).toHaveLength(1))
  cleanup()
  const again = await open()
  expect(screen.getByLabelText<HTMLInputElement>('Business').value).toBe('pay')
  screen.getByText('Restored from your draft.')
  await again.click(screen.getByRole('button', { name: 'Discard it' }))
  expect(screen.getByLabelText<HTMLInputElement>('Business').value).toBe('')
  expect(drafts()).toEqual([])
})

test('a GitLab that is silent is told beside the repository, and leaves the form usable', async () => {
  checked = () => ({ access: { ok: false, code: 'test.away', params: {}, detail: 'GitLab did not answer.' } })
  const user = await open()
  await write(user, 'Repository in GitLab', 'shop/pay')
  const list = await screen.findByRole('list', { name: 'What was found' })
  within(list).getByText('GitLab did not answer. It is looked up again when you file.')
  await user.click(screen.getByRole('button', { name: /File ticket/ }))
  await vi.waitFor(() => expect(went).toHaveBeenCalledTimes(1))
})

test('a check that fails as a whole is told once, and the form is filed all the same', async () => {
  door.POST.mockImplementation((path: string, { body }: { body: Asked }) =>
    path.endsWith('/check/') ? Promise.reject(new ApiError(502, 'test.away', 'The portal is away.')) : file(body),
  )
  const user = await open()
  await write(user, 'Business', 'pay')
  expect(await screen.findAllByText('The portal is away.')).toHaveLength(1)
  await user.click(screen.getByRole('button', { name: /File ticket/ }))
  await vi.waitFor(() => expect(went).toHaveBeenCalledTimes(1))
})

test('what was told of a name is not told of the next one', async () => {
  checked = ({ slug }) => (slug === 'pay' ? { taken_by: 'project', suggested_slug: 'pay-2' } : {})
  const user = await open()
  await write(user, 'Business', 'pay')
  await screen.findByText('A project has this name already.')
  await user.keyboard('s')
  expect(screen.queryByText('A project has this name already.')).toBeNull()
  expect(screen.queryByRole('button', { name: 'Use pay-2' })).toBeNull()
})

test('a contact that is being written is no mistake yet', async () => {
  const user = await open()
  await write(user, 'Business', 'pay')
  await user.click(screen.getAllByRole('button', { name: 'Add contact' })[0] as HTMLElement)
  await write(user, 'Suffix', 'n1')
  await vi.waitFor(() => expect(slugs().at(-1)).toBe('pay-n1'))
  expect(posts('/api/v1/access/check/').at(-1)?.body.contacts).toEqual([])
})

test('after an answer that was lost, the page loaded anew files the same request under the same key', async () => {
  file = () => Promise.reject(new ApiError(0, 'ui.network', ''))
  const user = await open()
  await write(user, 'Business', 'pay')
  await user.click(screen.getByRole('button', { name: /File ticket/ }))
  await vi.waitFor(() => expect(filed()).toHaveLength(1))
  await vi.waitFor(() => expect(drafts()).toHaveLength(1))
  cleanup()
  file = () => Promise.resolve({ data: { id: 41 } })
  const again = await open()
  await again.click(screen.getByRole('button', { name: /File ticket/ }))
  await vi.waitFor(() => expect(went).toHaveBeenCalledTimes(1))
  expect(filed()).toHaveLength(2)
  expect(filed()[1]?.params).toEqual(filed()[0]?.params)
})
