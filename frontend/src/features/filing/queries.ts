/** The filing pages' own reads: refs of the repository and the preview of a ticket. */
import { keepPreviousData, queryOptions, skipToken, useQuery } from '@tanstack/react-query'
import { api, body, type Schemas } from '@/lib/api/client'
import { useDebounced } from '@/lib/debounced'

export type FileRequest = Schemas['FileTicketRequest']

export const refsQuery = (project: string, search: string) =>
  queryOptions({
    queryKey: ['project', project, 'refs', search],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/projects/{slug}/refs', {
          params: { path: { slug: project }, query: search ? { search } : {} },
          signal,
        }),
      ),
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  })

/** Key under `tickets`: whatever happens to a ticket may change places, locks and what would be retired. */
const previewQuery = (request: FileRequest | null) =>
  queryOptions({
    queryKey: ['tickets', 'preview', request],
    queryFn:
      request === null
        ? skipToken
        : ({ signal }) => body(api.POST('/api/v1/tickets/preview', { body: request, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
    staleTime: 5_000,
  })

/** The preview of what is on the form, asked when the typing pauses. `isBehind`: what is shown belongs to an earlier choice. */
export function usePreview(wanted: FileRequest | null) {
  const text = JSON.stringify(wanted)
  const asked = useDebounced(text, 300)
  const query = useQuery(previewQuery(JSON.parse(asked) as FileRequest | null))
  return { ...query, isBehind: asked !== text || query.isPlaceholderData }
}
