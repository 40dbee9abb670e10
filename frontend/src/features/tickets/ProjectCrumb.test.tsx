/** Nobody is led to a page that is not his to see. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, configure, render, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ProjectCrumb } from './ProjectCrumb'

// A bound, not an expectation: a busy machine takes seconds where an idle one takes none.
vi.setConfig({ testTimeout: 60_000 })
configure({ asyncUtilTimeout: 20_000 })

const door = vi.hoisted(() => ({ GET: vi.fn() }))
vi.mock('@/lib/api/client', () => ({
  api: door,
  body: async (answer: Promise<{ data?: unknown }>) => (await answer).data,
}))
vi.mock('@tanstack/react-router', async (whole) => ({
  ...(await whole<object>()),
  Link: ({ children, params }: { children: ReactNode; params: { project: string } }) => (
    <a href={`/p/${params.project}`}>{children}</a>
  ),
}))

function show() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={client}>
      <ProjectCrumb project={{ id: 9, slug: 'coupon-api-n1', name: 'Coupons' }} />
    </QueryClientProvider>,
  )
  return client
}

const answers = (allowed: boolean) =>
  door.GET.mockReset().mockResolvedValue({
    data: { allowed, code: allowed ? '' : 'not_found', params: {}, detail: '' },
  })

beforeEach(() => answers(true))
afterEach(cleanup)

test('a member is led to the project, and is asked about as the page will ask', async () => {
  show()
  expect((await screen.findByRole('link', { name: 'coupon-api-n1' })).getAttribute('href')).toBe('/p/coupon-api-n1')
  expect(door.GET.mock.calls.map(([path, how]) => [path, (how as { params: unknown }).params])).toEqual([
    ['/api/v1/why', { query: { action: 'project.read', project: 9 } }],
  ])
})

test('to who may not read the project it is a name', async () => {
  answers(false)
  const client = show()
  await vi.waitFor(() => expect(client.isFetching()).toBe(0))
  screen.getByText('coupon-api-n1')
  expect(screen.queryByRole('link')).toBeNull()
})
