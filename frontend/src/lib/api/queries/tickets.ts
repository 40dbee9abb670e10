/** Reads about tickets: the inbox, lists, one ticket with its steps and comments, and how long such tickets usually take. */
import { infiniteQueryOptions, queryOptions, skipToken } from '@tanstack/react-query'
import { pollOther, pollRunning } from '@/lib/live/polling'
import { api, body } from '../client'

export type InboxTab = 'needs' | 'following' | 'done'

export const inboxQuery = (tab: InboxTab) =>
  queryOptions({
    queryKey: ['inbox', tab],
    queryFn: ({ signal }) => body(api.GET('/api/v1/inbox', { params: { query: { tab, limit: 100 } }, signal })),
    refetchInterval: pollOther,
  })

export const ticketQuery = (id: number | null) =>
  queryOptions({
    queryKey: ['ticket', id],
    queryFn:
      id === null
        ? skipToken
        : ({ signal }) =>
            body(api.GET('/api/v1/tickets/{ticket_id}/', { params: { path: { ticket_id: id } }, signal })),
    refetchInterval: pollRunning,
  })

export const stepsQuery = (id: number) =>
  queryOptions({
    queryKey: ['ticket', id, 'steps'],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/tickets/{ticket_id}/steps/', {
          params: { path: { ticket_id: id }, query: { limit: 200 } },
          signal,
        }),
      ),
    refetchInterval: pollRunning,
  })

export const commentsQuery = (id: number) =>
  queryOptions({
    queryKey: ['ticket', id, 'comments'],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/tickets/{ticket_id}/comments/', {
          params: { path: { ticket_id: id }, query: { limit: 200 } },
          signal,
        }),
      ),
  })

export type TicketFilter = {
  project?: string
  kind?: string[]
  status?: string[]
  environment?: string
  requester?: string
  q?: string
}

export const ticketsQuery = (filter: TicketFilter, limit = 50) =>
  infiniteQueryOptions({
    queryKey: ['tickets', filter, limit],
    queryFn: ({ signal, pageParam }) =>
      body(
        api.GET('/api/v1/tickets/', { params: { query: { ...filter, limit, cursor: pageParam } as never }, signal }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: pollOther,
  })

/** The median of the last ones; nothing is asked while the environment is not known. */
export const typicalQuery = (project: string, kind: string, environment: string | undefined) =>
  queryOptions({
    queryKey: ['typical', project, kind, environment],
    queryFn: environment
      ? ({ signal }) => body(api.GET('/api/v1/typical', { params: { query: { project, kind, environment } }, signal }))
      : skipToken,
    staleTime: 300_000,
    retry: false,
  })
