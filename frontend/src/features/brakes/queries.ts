/** What only the brake's own page and the palette ask: where it may be pulled, and what was pulled before. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, body } from '@/lib/api/client'
import { pollOther } from '@/lib/live/polling'

export const brakeScopesQuery = queryOptions({
  queryKey: ['brakes', 'scopes'],
  queryFn: ({ signal }) => body(api.GET('/api/v1/brakes/scopes', { signal })),
  refetchInterval: pollOther,
})

export const brakeHistoryQuery = infiniteQueryOptions({
  queryKey: ['brakes', 'all'],
  queryFn: ({ signal, pageParam }) =>
    body(api.GET('/api/v1/brakes/', { params: { query: { all: true, limit: 50, cursor: pageParam } }, signal })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next ?? undefined,
  refetchInterval: pollOther,
})
