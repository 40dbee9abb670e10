/** Values the portal holds for a workload: which keys there are, setting and removing one. A value is sent and never kept here. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, type Schemas } from '@/lib/api/client'
import type { ApiError } from '@/lib/api/errors'
import type { Which } from '../queries'

export type Held = Schemas['HeldSecret']
export type Login = Schemas['NewPullSecretRequest']
/** The key under which what images are pulled with is listed. */
export const PULL = '.pull'

const key = ({ project, environment, name }: Which) => ['secrets', project, environment, name] as const
const at = ({ project, environment, name }: Which) => ({ slug: project, environment, workload: name })

export const heldQuery = (which: Which) =>
  queryOptions({
    queryKey: key(which),
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/projects/{slug}/secrets/', {
          params: {
            path: { slug: which.project },
            query: { environment: which.environment, workload: which.name, limit: 200 },
          },
          signal,
        }),
      ),
    staleTime: 10_000,
  })

type Change = { set: string; value: string } | { pull: Login } | { remove: string }

const send = async (which: Which, change: Change): Promise<unknown> => {
  if ('pull' in change)
    return body(
      api.PUT('/api/v1/projects/{slug}/secrets/{environment}/{workload}/.pull', {
        params: { path: at(which) },
        body: change.pull,
      }),
    )
  if ('set' in change)
    return body(
      api.PUT('/api/v1/projects/{slug}/secrets/{environment}/{workload}/{key}', {
        params: { path: { ...at(which), key: change.set } },
        body: { value: change.value },
      }),
    )
  return body(
    change.remove === PULL
      ? api.DELETE('/api/v1/projects/{slug}/secrets/{environment}/{workload}/.pull', { params: { path: at(which) } })
      : api.DELETE('/api/v1/projects/{slug}/secrets/{environment}/{workload}/{key}', {
          params: { path: { ...at(which), key: change.remove } },
        }),
  )
}

/** `gcTime` 0: what was sent is not kept in memory after the form is gone; a preview may say otherwise now. */
export function useSecretChange(which: Which, onDone: () => void) {
  const client = useQueryClient()
  const mutation = useMutation<unknown, ApiError, Change>({
    mutationFn: (change) => send(which, change),
    gcTime: 0,
    onSuccess: async () => {
      mutation.reset()
      onDone()
      await Promise.all(
        [key(which), ['configuration-preview']].map((queryKey) => client.invalidateQueries({ queryKey })),
      )
    },
  })
  return mutation
}
