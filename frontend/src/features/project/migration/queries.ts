/** Reads and writes of where a project's requests go. All hang on the project, whose resources they are made from. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, type Schemas } from '@/lib/api/client'
import type { ApiError } from '@/lib/api/errors'
import type { Revision } from './model'

const at = (slug: string, environment: string) => ({ path: { slug, environment } })
const key = (slug: string, environment: string) => ['project', slug, 'migration', environment] as const

export const migrationQuery = (slug: string, environment: string) =>
  queryOptions({
    queryKey: [...key(slug, environment), 'current'],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/projects/{slug}/environments/{environment}/migration/', {
          params: at(slug, environment),
          signal,
        }),
      ),
    staleTime: 10_000,
  })

/** The block of one revision; bound servers are part of it, so it is asked again with the project. */
export const upstreamQuery = (slug: string, environment: string, number: number) =>
  queryOptions({
    queryKey: [...key(slug, environment), 'upstream', number],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/projects/{slug}/environments/{environment}/migration/upstream', {
          params: at(slug, environment),
          parseAs: 'text',
          signal,
        }),
      ),
    staleTime: 10_000,
    retry: false,
  })

export const historyQuery = (slug: string, environment: string) =>
  infiniteQueryOptions({
    queryKey: [...key(slug, environment), 'history'],
    queryFn: ({ signal, pageParam }) =>
      body(
        api.GET('/api/v1/projects/{slug}/environments/{environment}/migration/history/', {
          params: { ...at(slug, environment), query: { limit: 20, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 10_000,
  })

/** The answer is current at once; a Conflict has a newer revision, which is asked for. */
function useWritten(slug: string, environment: string) {
  const client = useQueryClient()
  return {
    onSuccess: async (revision: Revision) => {
      client.setQueryData(migrationQuery(slug, environment).queryKey, revision)
      await client.invalidateQueries({ queryKey: key(slug, environment) })
    },
    onError: async (error: ApiError) => {
      if (error.status === 409) await client.invalidateQueries({ queryKey: key(slug, environment) })
    },
  }
}

export function useChangeMigration(slug: string, environment: string) {
  return useMutation<Revision, ApiError, Schemas['MigrationChangeRequest']>({
    mutationFn: (change) =>
      body(
        api.PUT('/api/v1/projects/{slug}/environments/{environment}/migration/', {
          params: at(slug, environment),
          body: change,
        }),
      ),
    ...useWritten(slug, environment),
  })
}

export function useBackToVm(slug: string, environment: string) {
  return useMutation<Revision, ApiError, string>({
    mutationFn: (reason) =>
      body(
        api.POST('/api/v1/projects/{slug}/environments/{environment}/migration/back', {
          params: at(slug, environment),
          body: { reason },
        }),
      ),
    ...useWritten(slug, environment),
  })
}
