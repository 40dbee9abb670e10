/** What the page of people reads. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, body, type Schemas } from '@/lib/api/client'
import { ApiError } from '@/lib/api/errors'

export const usersQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['users', search],
    queryFn: ({ signal, pageParam }) =>
      body(
        api.GET('/api/v1/users/', {
          params: { query: { search: search || undefined, limit: 100, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })

export const userQuery = (id: number) =>
  queryOptions({
    queryKey: ['users', 'one', id],
    queryFn: ({ signal }) => body(api.GET('/api/v1/users/{user_id}/', { params: { path: { user_id: id } }, signal })),
  })

/** Null: a portal that does not invite. */
export const invitationsQuery = queryOptions({
  queryKey: ['invitations'],
  queryFn: async ({ signal }): Promise<Schemas['Invitation'][] | null> => {
    try {
      return (await body(api.GET('/api/v1/invitations/', { params: { query: { limit: 200 } }, signal }))).results
    } catch (error) {
      if (error instanceof ApiError && error.isMissing) return null
      throw error
    }
  },
  staleTime: 30_000,
})
