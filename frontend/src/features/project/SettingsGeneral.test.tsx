/** The general settings, against an API that answers as the real one does: only what was changed is sent, and who may not is told why. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, configure, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '@/lib/api/errors'
import { meQuery } from '@/lib/api/queries'
import { loadNamespaces, startLanguages } from '@/lib/i18n'
import { SettingsGeneral } from './SettingsGeneral'
import type { Project } from './settingsProject'

// A bound, not an expectation: a busy machine takes seconds where an idle one takes none.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
configure({ asyncUtilTimeout: 30_000 })

const door = vi.hoisted(() => ({ PATCH: vi.fn() }))
vi.mock('@/lib/api/client', () => ({
  api: door,
  body: async (answer: Promise<{ data?: unknown }>) => (await answer).data,
}))

const PROJECT = {
  ...{ id: 9, slug: 'pay', name: 'Payments', description: '', language: 'go', stage: 'active', is_owner: true },
  ...{ gitlab: 'main', gitlab_path: 'shop/pay', jenkins: 'builds', registry: 'harbor', image_repository: 'shop/pay' },
  contacts: [],
  alarm_contacts: [{ name: 'Lin Yue', channel: 'phone', address: '13800000000' }],
  ...{ deploy_path: '/data/pay', log_path: '/data/logs/pay.log', callback: { url: 'https://hooks.local/pay' } },
  ...{ start_command: ['java', '-jar', 'my app.jar', ''], stop_command: [], created_at: '2026-11-20T08:00:00Z' },
} as unknown as Project

function show(project: Partial<Project> = {}) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  client.setQueryData(meQuery.queryKey, { id: 7, time_zone: 'UTC', is_instance_admin: false } as never)
  render(
    <QueryClientProvider client={client}>
      <SettingsGeneral project={{ ...PROJECT, ...project }} />
    </QueryClientProvider>,
  )
  return userEvent.setup({ delay: null })
}

const sent = () => door.PATCH.mock.calls.map(([, { body }]) => body as unknown)
const box = (label: RegExp) => screen.getByLabelText<HTMLInputElement>(label)

beforeEach(async () => {
  await startLanguages('en')
  await loadNamespaces(['projects', 'access'])
  door.PATCH.mockReset().mockResolvedValue({ data: PROJECT })
})
afterEach(cleanup)

test('an owner changes how it runs; what he did not touch is not sent', async () => {
  const user = show()
  expect(screen.queryByRole('button', { name: /Save/ })).toBeNull()
  await user.click(box(/Stop command/))
  await user.paste('/app/stop.sh\n--now\n')
  await user.click(screen.getByRole('radio', { name: 'stdout' }))
  await user.clear(box(/Callback/))
  await user.click(screen.getByRole('button', { name: /Save/ }))
  await vi.waitFor(() =>
    expect(sent()).toEqual([{ log_path: 'stdout', stop_command: ['/app/stop.sh', '--now'], callback: {} }]),
  )
})

test('a log file that is there may stay, and no other one can be named', async () => {
  const user = show()
  const choices = () => screen.getAllByRole<HTMLInputElement>('radio').map((one) => [one.value, one.checked])
  expect(choices()).toEqual([
    ['', false],
    ['stdout', false],
    ['/data/logs/pay.log', true],
  ])
  await user.click(screen.getByRole('radio', { name: 'None' }))
  expect(choices()[2]).toEqual(['/data/logs/pay.log', false])
})

test('what the server refuses stands under its field, and the text stays', async () => {
  door.PATCH.mockRejectedValue(
    new ApiError(400, 'invalid', '', {}, {
      callback: { url: [{ code: 'https_url', params: {} }] },
    } as never),
  )
  const user = show()
  await user.clear(box(/Callback/))
  await user.paste('http://hooks.local')
  await user.click(screen.getByRole('button', { name: /Save/ }))
  await vi.waitFor(() => expect(document.getElementById('callback-text')?.textContent).toMatch(/https/))
  expect(box(/Callback/).value).toBe('http://hooks.local')
})

test('who is no owner reads all of it and is told whose it is to change', () => {
  show({ is_owner: false })
  screen.getByText('Only owners of the project may do this.')
  screen.getByText('Lin Yue, Phone 13800000000')
  screen.getByText('/data/logs/pay.log')
  expect([...document.querySelectorAll('code')].map((one) => one.textContent)).toContain('my app.jar')
  expect(screen.queryByRole('textbox')).toBeNull()
})

test('of a project that is archived its owner changes nothing, and is told why', () => {
  show({ stage: 'archived' })
  screen.getByText('The project pay is archived, so nothing can be filed or changed for it.')
  expect(screen.queryByRole('textbox')).toBeNull()
})
