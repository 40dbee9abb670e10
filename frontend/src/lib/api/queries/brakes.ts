/** The emergency brakes that are on: every page asks, so nothing else of them is here. */
import { queryOptions } from '@tanstack/react-query'
import { pollBrakes } from '@/lib/live/polling'
import { api, body } from '../client'

export const brakesQuery = queryOptions({
  queryKey: ['brakes', 'on'],
  queryFn: async ({ signal }) =>
    (await body(api.GET('/api/v1/brakes/', { params: { query: { limit: 200 } }, signal }))).results,
  refetchInterval: ({ state }) => pollBrakes(Boolean(state.data?.length)),
})
