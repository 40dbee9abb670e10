import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, expect, it, vi } from 'vitest'
import { ApiError } from '@/lib/api/errors'
import { newKey, useFileOnce } from './filing'

afterEach(cleanup)

type Send = Parameters<typeof useFileOnce<string>>[0]['send']

function filing(send: Send) {
  const client = new QueryClient()
  const told = { onFiled: vi.fn(), onRefused: vi.fn() }
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  )
  const { result } = renderHook(() => useFileOnce<string>({ send, touches: [['tickets']], ...told }), { wrapper })
  return { result, ...told }
}

it('gives every form another key', () => {
  expect(newKey()).toMatch(/^[0-9a-f]{32}$/)
  expect(newKey()).not.toBe(newKey())
})

it('sends once, however often it is pressed', async () => {
  const send = vi.fn<Send>().mockResolvedValue({ id: 41 } as never)
  const { result, onFiled } = filing(send)
  act(() => {
    result.current.file('form')
    result.current.file('form')
  })
  await vi.waitFor(() => expect(onFiled).toHaveBeenCalledTimes(1))
  expect(send).toHaveBeenCalledTimes(1)
})

it('keeps the key after a failure, names the ticket of another form, and takes another key when told to', async () => {
  const mismatch = new ApiError(409, 'ticket.idempotency_mismatch', '', { ticket: 40 })
  const send = vi
    .fn<Send>()
    .mockRejectedValueOnce(new ApiError(0, 'ui.network', ''))
    .mockRejectedValueOnce(mismatch)
  send.mockResolvedValue({ id: 41 } as never)
  const { result, onFiled, onRefused } = filing(send)
  act(() => result.current.file('form'))
  await vi.waitFor(() => expect(onRefused).toHaveBeenCalledTimes(1))
  expect(result.current.filedBefore).toBeNull()
  act(() => result.current.file('another form'))
  await vi.waitFor(() => expect(result.current.filedBefore).toBe(40))
  act(() => result.current.startAnew())
  expect(result.current.error).toBeNull()
  act(() => result.current.file('another form'))
  await vi.waitFor(() => expect(onFiled).toHaveBeenCalledTimes(1))
  const [first, second, third] = send.mock.calls.map(([, key]) => key)
  expect(second).toBe(first)
  expect(third).not.toBe(first)
})
