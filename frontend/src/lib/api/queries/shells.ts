/** One's own shells that live: the frame counts them on every page, so this stays apart from all else about terminals. */
import { queryOptions } from '@tanstack/react-query'
import { pollOther } from '@/lib/live/polling'
import { api, body } from '../client'

export const myShellsQuery = queryOptions({
  queryKey: ['terminals', 'mine'],
  queryFn: ({ signal }) =>
    body(
      api.GET('/api/v1/terminal-sessions/', { params: { query: { state: 'open', mine: true, limit: 50 } }, signal }),
    ),
  staleTime: 10_000,
  refetchInterval: pollOther,
  retry: false,
})
