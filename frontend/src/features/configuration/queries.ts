/** Reads of configurations, the preview of one that is being written, and its filing. Shows nothing and keeps no document. */
import { infiniteQueryOptions, keepPreviousData, queryOptions, skipToken, useQuery } from '@tanstack/react-query'
import { api, body, type Schemas } from '@/lib/api/client'
import type { ApiError } from '@/lib/api/errors'
import { projectEnvironmentsQuery, projectQuery, whyQuery } from '@/lib/api/queries'
import { useFileOnce } from '@/lib/filing'
import type { Doc } from './model/document'
import type { Node } from './model/schema'

export type Preview = Schemas['ConfigurationPreview']
export type ClusterPreview = Schemas['ClusterPreview']
export type Finding = Schemas['StandardFinding']
export type Revision = Schemas['ConfigurationRevision']
/** Which configuration: one workload of a project in an environment. */
export type Which = { project: string; environment: string; name: string }

const at = ({ project, environment, name }: Which) => ({ path: { slug: project, environment, name } })
const key = ({ project, environment, name }: Which) => ['configuration', project, environment, name] as const

/** Rows of one page: the most the API gives. */
export const MOST = 200

export const listQuery = (project: string) =>
  queryOptions({
    queryKey: ['configuration', project],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/projects/{slug}/configurations/', {
          params: { path: { slug: project }, query: { limit: MOST } },
          signal,
        }),
      ),
    staleTime: 10_000,
  })

export const currentQuery = (which: Which | null) =>
  queryOptions({
    queryKey: which ? [...key(which), 'current'] : ['configuration', 'none'],
    queryFn: which
      ? ({ signal }) =>
          body(api.GET('/api/v1/projects/{slug}/configurations/{environment}/{name}/', { params: at(which), signal }))
      : skipToken,
    staleTime: 10_000,
  })

export const revisionsQuery = (which: Which) =>
  infiniteQueryOptions({
    queryKey: [...key(which), 'revisions'],
    queryFn: ({ signal, pageParam }) =>
      body(
        api.GET('/api/v1/projects/{slug}/configurations/{environment}/{name}/revisions/', {
          params: { ...at(which), query: { limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 10_000,
  })

/** What a revision says never changes. */
export const revisionQuery = (which: Which | null, number: number) =>
  queryOptions({
    queryKey: which ? [...key(which), 'revision', number] : ['configuration', 'no-revision'],
    queryFn: which
      ? ({ signal }) =>
          body(
            api.GET('/api/v1/projects/{slug}/configurations/{environment}/{name}/revisions/{number}/', {
              params: { path: { ...at(which).path, number } },
              signal,
            }),
          )
      : skipToken,
    staleTime: Infinity,
  })

export const differenceQuery = (which: Which, before: number, after: number) =>
  queryOptions({
    queryKey: [...key(which), 'difference', before, after],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/projects/{slug}/configurations/{environment}/{name}/difference', {
          params: { ...at(which), query: { before, after } },
          signal,
        }),
      ),
    staleTime: 60_000,
  })

/** Whether the reader may propose there, and why not. Nothing is asked before project and environment are known. */
export function useMayPropose(slug: string, environment: string) {
  const project = useQuery(projectQuery(slug)).data
  const places = useQuery(projectEnvironmentsQuery(slug))
  const place = places.data?.results.find((one) => one.environment === environment)
  const question = {
    action: 'configuration.propose',
    project: project?.id,
    environment: place?.environment_id,
  } as const
  const right = useQuery(whyQuery(project && place ? question : null))
  const refetch = () => Promise.all([places.refetch(), right.refetch()])
  return { data: right.data, error: right.error ?? places.error, refetch }
}

export type Workload = 'service' | 'worker' | 'cron'

export const schemaQuery = ({ project, environment }: Which, workload: Workload) =>
  queryOptions({
    queryKey: ['configuration-schema', project, environment, workload],
    queryFn: async ({ signal }) =>
      (await body(
        api.GET('/api/v1/configuration-schema', { params: { query: { project, environment, workload } }, signal }),
      )) as unknown as Node,
    staleTime: 300_000,
    placeholderData: keepPreviousData,
  })

export type Asked = Schemas['PreviewRequestRequest']

/** A newer question makes the older one unused, and its request is aborted by `signal`. */
export const previewQuery = (asked: Asked | null) =>
  queryOptions<Preview, ApiError>({
    queryKey: ['configuration-preview', asked],
    queryFn: asked
      ? ({ signal }) => body(api.POST('/api/v1/configurations/preview', { body: asked, signal }))
      : skipToken,
    staleTime: 10_000,
    gcTime: 60_000,
  })

export const chart = (which: Which, revision: number, cluster = '') =>
  body(
    api.GET('/api/v1/projects/{slug}/configurations/{environment}/{name}/chart', {
      params: { ...at(which), query: { revision, ...(cluster ? { cluster } : {}) } },
    }),
  )

export const yamlAddress = ({ project, environment, name }: Which, revision: number): string =>
  `/api/v1/projects/${project}/configurations/${environment}/${name}/export.yaml?revision=${revision}`

export type Proposal = {
  document: Doc
  /** the revision in force when it was begun; 0: none */
  based_on: number
  note: string
  explanations: Record<string, string>
  take_over: boolean
}

export const useFile = ({ project, environment, name }: Which, onFiled: (ticket: number) => void) =>
  useFileOnce<Proposal>({
    send: (proposal, idempotency) =>
      body(
        api.POST('/api/v1/tickets/', {
          body: { kind: 'configure', project, environment, note: proposal.note, form: { name, ...proposal } },
          params: { header: { 'Idempotency-Key': idempotency } },
        }),
      ),
    touches: [['tickets'], ['board'], ['configuration', project]],
    onFiled: (ticket) => onFiled(ticket.id),
  })
export type Filing = ReturnType<typeof useFile>
