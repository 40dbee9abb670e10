/** Reads and writes of an environment's hosts file. What is written is asked again; a refused save asks too, for who was first. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, type Schemas } from '@/lib/api/client'
import type { ApiError } from '@/lib/api/errors'

export type HostsFile = Schemas['HostsFile']
export type HostsVersion = Schemas['HostsVersion']

const at = (slug: string) => ({ path: { slug } })

export const hostsQuery = (slug: string) =>
  queryOptions({
    queryKey: ['hosts', slug, 'file'],
    queryFn: ({ signal }) => body(api.GET('/api/v1/environments/{slug}/hosts/', { params: at(slug), signal })),
    staleTime: 10_000,
  })

export const versionsQuery = (slug: string) =>
  infiniteQueryOptions({
    queryKey: ['hosts', slug, 'versions'],
    queryFn: ({ signal, pageParam }) =>
      body(
        api.GET('/api/v1/environments/{slug}/hosts/versions/', {
          params: { ...at(slug), query: { limit: 20, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 10_000,
  })

/** A version never changes, so neither does the difference of two. */
export const differenceQuery = (slug: string, before: number, after: number) =>
  queryOptions({
    queryKey: ['hosts', slug, 'difference', before, after],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/environments/{slug}/hosts/difference', {
          params: { ...at(slug), query: { before, after } },
          signal,
        }),
      ),
    staleTime: Infinity,
  })

export const tokensQuery = (slug: string) =>
  queryOptions({
    queryKey: ['hosts', slug, 'tokens'],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/environments/{slug}/hosts/tokens/', {
          params: { ...at(slug), query: { limit: 100 } },
          signal,
        }),
      ),
  })

/** The answer is the current file at once; a Conflict has a newer one, which is asked for. */
function useWritten(slug: string) {
  const client = useQueryClient()
  return {
    onSuccess: async (file: HostsFile) => {
      client.setQueryData(hostsQuery(slug).queryKey, file)
      await client.invalidateQueries({ queryKey: versionsQuery(slug).queryKey })
    },
    onError: async (error: ApiError) => {
      if (error.status === 409) await client.invalidateQueries({ queryKey: ['hosts', slug] })
    },
  }
}

export function useSaveHosts(slug: string) {
  return useMutation<HostsFile, ApiError, Schemas['NewHostsRequest']>({
    mutationFn: (file) => body(api.PUT('/api/v1/environments/{slug}/hosts/', { params: at(slug), body: file })),
    ...useWritten(slug),
  })
}

export type Restore = { number: number; based_on: number }

export function useRestoreHosts(slug: string) {
  return useMutation<HostsFile, ApiError, Restore>({
    mutationFn: ({ number, based_on }) =>
      body(
        api.POST('/api/v1/environments/{slug}/hosts/versions/{number}/restore', {
          params: { path: { slug, number } },
          body: { based_on, note: '' },
        }),
      ),
    ...useWritten(slug),
  })
}

function useAskTokens(slug: string) {
  const client = useQueryClient()
  return () => client.invalidateQueries({ queryKey: tokensQuery(slug).queryKey })
}

export function useMakeToken(slug: string) {
  return useMutation<Schemas['MadeHostsToken'], ApiError, string>({
    mutationFn: (name) =>
      body(api.POST('/api/v1/environments/{slug}/hosts/tokens/', { params: at(slug), body: { name } })),
    onSuccess: useAskTokens(slug),
  })
}

export function useRevokeToken(slug: string) {
  return useMutation<unknown, ApiError, number>({
    mutationFn: (token_id) =>
      api.DELETE('/api/v1/environments/{slug}/hosts/tokens/{token_id}/', { params: { path: { slug, token_id } } }),
    onSettled: useAskTokens(slug),
  })
}
