/** What the page of languages reads and sends beside the languages themselves. Jenkins is read for one page at a time. */
import { infiniteQueryOptions } from '@tanstack/react-query'
import { api, body, type Schemas } from '@/lib/api/client'

export type Previewed = Schemas['TemplatePreviewed']

/** Read anew only when asked: every look calls Jenkins once for each job. */
export const driftQuery = (slug: string) =>
  infiniteQueryOptions({
    queryKey: ['languages', slug, 'drift'],
    queryFn: ({ signal, pageParam }) =>
      body(
        api.GET('/api/v1/languages/{slug}/drift/', {
          params: { path: { slug }, query: { limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 60_000,
    refetchOnWindowFocus: false,
  })

export const fileResync = (slug: string, form: Required<Schemas['ResyncRequest']>, key: string) =>
  body(
    api.POST('/api/v1/languages/{slug}/resync/', {
      params: { path: { slug }, header: { 'Idempotency-Key': key } },
      body: form,
    }),
  )

export const previewTemplate = (slug: string, form: Schemas['TemplatePreviewRequest']) =>
  body(api.POST('/api/v1/languages/{slug}/templates/preview', { params: { path: { slug } }, body: form }))
