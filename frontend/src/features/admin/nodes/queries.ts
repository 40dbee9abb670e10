/** The read of a cluster's nodes: from the cluster itself, so it is kept for a short while only. */
import { queryOptions } from '@tanstack/react-query'
import { api, body } from '@/lib/api/client'

export const nodesQuery = (name: string) =>
  queryOptions({
    queryKey: ['clusters', name, 'nodes'],
    queryFn: ({ signal }) => body(api.GET('/api/v1/clusters/{name}/nodes/', { params: { path: { name } }, signal })),
    staleTime: 15_000,
  })
