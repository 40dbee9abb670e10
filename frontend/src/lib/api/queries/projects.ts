/** Reads about projects: their rows, board, summaries, environments and resources; and what all projects share. */
import { queryOptions } from '@tanstack/react-query'
import { pollOther, pollRunning } from '@/lib/live/polling'
import { api, body } from '../client'

export const projectQuery = (slug: string) =>
  queryOptions({
    queryKey: ['project', slug],
    queryFn: ({ signal }) => body(api.GET('/api/v1/projects/{slug}/', { params: { path: { slug } }, signal })),
    staleTime: 30_000,
  })

export type ProjectFilter = { q?: string; language?: string; mine?: boolean; limit?: number }

export const projectsQuery = (filter: ProjectFilter = {}) =>
  queryOptions({
    queryKey: ['projects', filter],
    queryFn: ({ signal }) => body(api.GET('/api/v1/projects/', { params: { query: filter }, signal })),
    staleTime: 30_000,
  })

export const boardQuery = (project: string) =>
  queryOptions({
    queryKey: ['board', project],
    queryFn: ({ signal }) => body(api.GET('/api/v1/board', { params: { query: { project } }, signal })),
    refetchInterval: pollRunning,
  })

/** As many as one question for summaries may name. */
const SUMMARIES = 50

/** What lists show of each project beside its row. Order and repetition of slugs do not matter. */
export const summariesQuery = (slugs: string[]) => {
  const project = [...new Set(slugs)].sort().slice(0, SUMMARIES)
  return queryOptions({
    queryKey: ['summaries', project],
    queryFn: ({ signal }) => body(api.GET('/api/v1/project-summaries', { params: { query: { project } }, signal })),
    enabled: project.length > 0,
    staleTime: 5_000,
    // An age is printed beside the list; hints alone would let it grow stale while all is well.
    refetchInterval: pollRunning,
  })
}

/** The state of several projects, one word each. */
export const statesQuery = (slugs: string[]) =>
  queryOptions({
    ...summariesQuery(slugs),
    select: ({ results }) => new Map(results.map((summary) => [summary.project, summary.state])),
    refetchInterval: pollOther,
  })

export const projectEnvironmentsQuery = (slug: string) =>
  queryOptions({
    queryKey: ['project', slug, 'environments'],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/projects/{slug}/environments/', { params: { path: { slug }, query: { limit: 200 } }, signal }),
      ),
  })

export const resourcesQuery = (slug: string) =>
  queryOptions({
    queryKey: ['project', slug, 'resources'],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/projects/{slug}/resources/', { params: { path: { slug }, query: { limit: 100 } }, signal }),
      ),
    staleTime: 60_000,
  })

export const environmentsQuery = queryOptions({
  queryKey: ['environments'],
  queryFn: ({ signal }) => body(api.GET('/api/v1/environments/', { params: { query: { limit: 200 } }, signal })),
  staleTime: 60_000,
})

export const languagesQuery = queryOptions({
  queryKey: ['languages'],
  queryFn: ({ signal }) => body(api.GET('/api/v1/languages/', { params: { query: { limit: 200 } }, signal })),
  staleTime: 60_000,
})
