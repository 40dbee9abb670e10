/** The four kinds of outside systems the portal knows, each kind as its whole list. */
import { queryOptions } from '@tanstack/react-query'
import { api, body, type Schemas } from '../client'

export type SystemKind = 'cluster' | 'gitlab' | 'jenkins' | 'registry'
export type System = Schemas['Cluster'] | Schemas['GitLabServer'] | Schemas['JenkinsController'] | Schemas['Registry']

/** Where a kind lives in the API; also the noun its queries begin with. */
export const SYSTEM_PATH = {
  cluster: 'clusters',
  gitlab: 'gitlab-servers',
  jenkins: 'jenkins-controllers',
  registry: 'registries',
} as const satisfies Record<SystemKind, string>

const LIMIT = { params: { query: { limit: 200 } } }
const READ: Record<SystemKind, (signal: AbortSignal) => Promise<{ results: System[] }>> = {
  cluster: (signal) => body(api.GET('/api/v1/clusters/', { ...LIMIT, signal })),
  gitlab: (signal) => body(api.GET('/api/v1/gitlab-servers/', { ...LIMIT, signal })),
  jenkins: (signal) => body(api.GET('/api/v1/jenkins-controllers/', { ...LIMIT, signal })),
  registry: (signal) => body(api.GET('/api/v1/registries/', { ...LIMIT, signal })),
}

export const systemsQuery = (kind: SystemKind) =>
  queryOptions({
    queryKey: [SYSTEM_PATH[kind]],
    queryFn: async ({ signal }) => (await READ[kind](signal)).results,
    staleTime: 30_000,
  })
