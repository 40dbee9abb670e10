/** The release page's own read: which version a tag names. */
import { queryOptions } from '@tanstack/react-query'
import { api, body } from '@/lib/api/client'
import { ApiError } from '@/lib/api/errors'

/** The id of a version by its tag, or by the digest of one without a tag. */
export const releaseIdQuery = (project: string, tag: string) =>
  queryOptions({
    queryKey: ['releases', 'id', project, tag],
    queryFn: async ({ signal }) => {
      const named = tag.startsWith('sha256:') ? { digest: tag } : { tag }
      const { results } = await body(
        api.GET('/api/v1/releases/', { params: { query: { project, ...named, limit: 1 } }, signal }),
      )
      const [release] = results
      if (!release) throw new ApiError(404, 'not_found', '')
      return release.id
    },
    // A tag never names another version, so the id stays what it is.
    staleTime: Infinity,
    retry: false,
  })
