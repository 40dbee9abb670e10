/** Reads about terminals: lists of sessions, one session, the pods of a workload. Not among the reads of the first load. */
import { infiniteQueryOptions, queryOptions, skipToken } from '@tanstack/react-query'
import { pollRunning } from '@/lib/live/polling'
import { sessionLost } from '../session'
import { getPods, getSession, getSessions, type SessionFilter } from '../terminals'

/** Pods are looked at while somebody looks: the server answers from one look per second, however many ask. */
const PODS_EVERY = 2_000
const LIVE_EVERY = 3_000

export const sessionsQuery = (filter: SessionFilter, limit = 50) =>
  infiniteQueryOptions({
    queryKey: ['terminals', filter, limit],
    queryFn: ({ signal, pageParam }) => getSessions({ ...filter, limit, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: pollRunning,
  })

export const sessionQuery = (id: number | null) =>
  queryOptions({
    queryKey: ['terminal', id],
    queryFn: id === null ? skipToken : ({ signal }) => getSession(id, signal),
    refetchInterval: (query) =>
      sessionLost.get() || query.state.data?.state === 'ended' ? (false as const) : LIVE_EVERY,
  })

export const podsQuery = (project: string, workload: number | null) =>
  queryOptions({
    queryKey: ['pods', project, workload],
    queryFn: workload === null ? skipToken : ({ signal }) => getPods(project, workload, signal),
    refetchInterval: () => (sessionLost.get() ? (false as const) : PODS_EVERY),
  })
