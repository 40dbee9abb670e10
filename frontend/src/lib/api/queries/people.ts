/** Reads about people: the reader himself, finding others, and what the frame asks on every page. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body } from '../client'

/** As many as one may pin. */
const PINS = 30

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => body(api.GET('/api/v1/me', { signal })),
  staleTime: 60_000,
})

/** People by the beginning of a name; without words the first of all. */
export const peopleQuery = (search: string) =>
  queryOptions({
    queryKey: ['people', search],
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/people/', { params: { query: { search: search || undefined, limit: 20 } }, signal })),
    staleTime: 60_000,
  })

export const firstHourQuery = queryOptions({
  queryKey: ['first-hour'],
  queryFn: ({ signal }) => body(api.GET('/api/v1/first-hour', { signal })),
  staleTime: 30_000,
})

export const pinsQuery = queryOptions({
  queryKey: ['pins'],
  queryFn: ({ signal }) => body(api.GET('/api/v1/pins/', { params: { query: { limit: PINS } }, signal })),
  select: (page) => page.results,
  staleTime: 60_000,
})

/** Own reversible thing: shown at once, taken back when the portal refuses. */
export function usePin(slug: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (pinned: boolean) => {
      const params = { path: { slug } }
      if (pinned) await api.PUT('/api/v1/pins/{slug}/', { params })
      else await api.DELETE('/api/v1/pins/{slug}/', { params })
    },
    onMutate: async (pinned) => {
      await client.cancelQueries(pinsQuery)
      const before = client.getQueryData(pinsQuery.queryKey)
      const others = (before?.results ?? []).filter((pin) => pin.slug !== slug)
      client.setQueryData(pinsQuery.queryKey, {
        next: null,
        results: pinned ? [...others, { slug, name: slug }] : others,
      })
      return before
    },
    onError: (_error, _pinned, before) => client.setQueryData(pinsQuery.queryKey, before),
    onSettled: () => client.invalidateQueries(pinsQuery),
  })
}
