/** Turns answers of queries into what the filing pages show. No decisions, no markup. */
import { asApiError } from '@/lib/api/errors'
import type { Asked } from './PreviewRail'
import type { usePreview } from './queries'

export const asAsked = (query: ReturnType<typeof usePreview>): Asked => ({
  data: query.data,
  error: query.error ? asApiError(query.error) : null,
  isBehind: query.isBehind || query.isLoading,
  updatedAt: query.dataUpdatedAt,
  retry: () => void query.refetch(),
})
