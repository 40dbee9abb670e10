/** What the pages of bulk intake read and send. While a worker is at a batch, it is looked at again by itself. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { getOptions } from '@/lib/api/access'
import { api, body, type Schemas } from '@/lib/api/client'
import type { ApiError } from '@/lib/api/errors'
import { asQuery, isBusy, type Change, type Filter, type Intake } from './model'

const SOON = 1_500
const PAGE = 100

export const intakesQuery = infiniteQueryOptions({
  queryKey: ['intakes'],
  queryFn: ({ signal, pageParam }) =>
    body(
      api.GET('/api/v1/access/intakes/', {
        params: { query: { limit: 20, ...(pageParam ? { cursor: pageParam } : {}) } },
        signal,
      }),
    ),
  initialPageParam: '',
  getNextPageParam: (page) => page.next ?? undefined,
})

export const intakeQuery = (id: number) =>
  queryOptions({
    queryKey: ['intakes', id],
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/access/intakes/{intake_id}/', { params: { path: { intake_id: id } }, signal })),
    refetchInterval: ({ state }) => (state.data && isBusy(state.data) ? SOON : false),
  })

export const rowsQuery = (id: number, filter: Filter, busy: boolean) =>
  infiniteQueryOptions({
    queryKey: ['intakes', id, 'rows', filter],
    queryFn: ({ signal, pageParam }) =>
      body(
        api.GET('/api/v1/access/intakes/{intake_id}/rows/', {
          params: {
            path: { intake_id: id },
            query: { limit: PAGE, ...asQuery(filter), ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: busy ? SOON : false,
  })

export const rowQuery = (id: number, row: number) =>
  queryOptions({
    queryKey: ['intakes', id, 'row', row],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/access/intakes/{intake_id}/rows/{row_id}/', {
          params: { path: { intake_id: id, row_id: row } },
          signal,
        }),
      ),
  })

export const choicesQuery = queryOptions({
  queryKey: ['access', 'options'],
  queryFn: ({ signal }) => getOptions(signal),
  staleTime: 60_000,
})

export function useStart(onStarted: (made: Intake) => void) {
  const client = useQueryClient()
  return useMutation<Intake, ApiError, Schemas['NewIntakeRequest']>({
    mutationFn: (wanted) => body(api.POST('/api/v1/access/intakes/', { body: wanted })) as Promise<Intake>,
    onSuccess: (made) => {
      onStarted(made)
      return client.invalidateQueries({ queryKey: intakesQuery.queryKey, exact: true })
    },
  })
}

type Chosen = Pick<Schemas['TickRequest'], 'ids' | 'filter'>

/** Everything that is done to one batch; what it changed is read anew. */
export function useIntake(id: number) {
  const client = useQueryClient()
  const params = { path: { intake_id: id } }
  const onSuccess = () => client.invalidateQueries({ queryKey: ['intakes', id] })
  return {
    tick: useMutation<Schemas['Ticked'], ApiError, Chosen & { is_ticked: boolean }>({
      mutationFn: (wanted) =>
        body(api.POST('/api/v1/access/intakes/{intake_id}/tick/', { params, body: wanted })) as Promise<
          Schemas['Ticked']
        >,
      onSuccess,
    }),
    correct: useMutation<unknown, ApiError, Chosen & { values: Schemas['BulkValuesRequest'] }>({
      mutationFn: (wanted) => body(api.POST('/api/v1/access/intakes/{intake_id}/correct/', { params, body: wanted })),
      onSuccess,
    }),
    take: useMutation<unknown, ApiError>({
      mutationFn: () => body(api.POST('/api/v1/access/intakes/{intake_id}/take/', { params })),
      onSuccess,
    }),
    stop: useMutation<unknown, ApiError>({
      mutationFn: () => body(api.POST('/api/v1/access/intakes/{intake_id}/stop/', { params })),
      onSuccess,
    }),
  }
}

export function useCorrect(id: number, row: number) {
  const client = useQueryClient()
  return useMutation<unknown, ApiError, Change>({
    mutationFn: (change) =>
      body(
        api.PATCH('/api/v1/access/intakes/{intake_id}/rows/{row_id}/', {
          params: { path: { intake_id: id, row_id: row } },
          body: change,
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['intakes', id] }),
  })
}
