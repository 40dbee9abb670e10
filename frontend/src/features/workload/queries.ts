/** The pages' own reads of workloads. Pods are in `lib/api/queries/terminals`, for terminals choose among them, too. */
import { queryOptions } from '@tanstack/react-query'
import { api, body } from '@/lib/api/client'
import { pollRunning } from '@/lib/live/polling'

export const workloadsQuery = (project: string) =>
  queryOptions({
    queryKey: ['workloads', { project }],
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/workloads/', { params: { query: { project, limit: 200 } }, signal })),
    refetchInterval: pollRunning,
  })

export const workloadQuery = (id: number) =>
  queryOptions({
    queryKey: ['workloads', id],
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/workloads/{workload_id}/', { params: { path: { workload_id: id } }, signal })),
    refetchInterval: pollRunning,
  })
