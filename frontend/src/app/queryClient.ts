/** How queries behave everywhere: what is retried, how long an answer counts as fresh. */
import { QueryClient } from '@tanstack/react-query'
import { ApiError } from '@/lib/api/errors'

/** Only what may pass by itself is asked again: no network, or "unavailable". */
export function worthRetrying(count: number, error: Error): boolean {
  if (!(error instanceof ApiError)) return false
  return count < 2 && (error.isNetwork || error.status === 503)
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 2_000, retry: worthRetrying, refetchOnWindowFocus: true, networkMode: 'always' },
    mutations: { retry: false, networkMode: 'always' },
  },
})
