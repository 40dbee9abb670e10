/** The lines of a tab as they are held still, with the word on what came since. Asks the inbox, keeps its order. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { inboxQuery, type InboxTab } from '@/lib/api/queries'
import { grouped, held, type Line } from './lines'

export function useLines(tab: InboxTab) {
  const query = useQuery({ ...inboxQuery(tab), placeholderData: keepPreviousData })
  const fresh = query.data?.tab === tab ? query.data.results : undefined
  const [seen, setSeen] = useState<{ tab: InboxTab; lines: readonly Line[] } | null>(null)
  if (fresh && seen?.tab !== tab) setSeen({ tab, lines: fresh })
  const lines = seen?.tab === tab ? seen.lines : (fresh ?? [])
  const { rows, news } = held(lines, fresh ?? lines)
  return {
    query,
    counts: query.data?.counts,
    loaded: fresh !== undefined || seen?.tab === tab,
    groups: grouped(tab, rows, lines),
    rows,
    news,
    showNew: () => fresh && setSeen({ tab, lines: fresh }),
  }
}
