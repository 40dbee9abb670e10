/** Reads about versions: lists, one version, its commits, its image's presence, its builds. */
import { queryOptions, skipToken } from '@tanstack/react-query'
import { pollRunning } from '@/lib/live/polling'
import { api, body } from '../client'

export type ReleaseFilter = { project?: string; environment?: string; digest?: string }

export const releasesQuery = (filter: ReleaseFilter, limit = 50) =>
  queryOptions({
    queryKey: ['releases', filter, limit],
    queryFn: ({ signal }) => body(api.GET('/api/v1/releases/', { params: { query: { ...filter, limit } }, signal })),
  })

export const releaseQuery = (id: number | null) =>
  queryOptions({
    queryKey: ['release', id],
    queryFn:
      id === null
        ? skipToken
        : ({ signal }) =>
            body(api.GET('/api/v1/releases/{release_id}/', { params: { path: { release_id: id } }, signal })),
    refetchInterval: pollRunning,
  })

/** Commits of a release that an environment does not have yet. They do not change while the image there stays. */
export const commitsQuery = (releaseId: number | null, environment: string | undefined) =>
  queryOptions({
    queryKey: ['release', releaseId, 'commits', environment],
    queryFn:
      releaseId === null
        ? skipToken
        : ({ signal }) =>
            body(
              api.GET('/api/v1/releases/{release_id}/commits', {
                params: { path: { release_id: releaseId }, query: { environment } },
                signal,
              }),
            ),
    staleTime: 60_000,
  })

export const presenceQuery = (releaseId: number | null) =>
  queryOptions({
    queryKey: ['release', releaseId, 'presence'],
    queryFn:
      releaseId === null
        ? skipToken
        : ({ signal }) =>
            body(
              api.GET('/api/v1/releases/{release_id}/presence', {
                params: { path: { release_id: releaseId } },
                signal,
              }),
            ),
    staleTime: 60_000,
  })

export const buildQuery = (id: number | null) =>
  queryOptions({
    queryKey: ['build', id],
    queryFn:
      id === null
        ? skipToken
        : ({ signal }) => body(api.GET('/api/v1/builds/{build_id}/', { params: { path: { build_id: id } }, signal })),
    refetchInterval: pollRunning,
  })
