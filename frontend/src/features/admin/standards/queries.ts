/** What the page of standards reads: all of them, they are one page. */
import { queryOptions } from '@tanstack/react-query'
import { api, body } from '@/lib/api/client'

export const standardsQuery = queryOptions({
  queryKey: ['standards'],
  queryFn: async ({ signal }) => (await body(api.GET('/api/v1/standards/', { signal }))).results,
  staleTime: 30_000,
})
