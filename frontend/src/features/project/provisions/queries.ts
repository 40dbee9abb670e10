/** What the portal made for a project, and what archiving would take away. */
import { queryOptions } from '@tanstack/react-query'
import { getArchive, getProvisions } from '@/lib/api/access'

export const provisionsQuery = (slug: string) =>
  queryOptions({
    queryKey: ['project', slug, 'provisions'],
    queryFn: ({ signal }) => getProvisions(slug, signal),
    staleTime: 10_000,
  })

export const archiveQuery = (slug: string) =>
  queryOptions({
    queryKey: ['project', slug, 'archive'],
    queryFn: ({ signal }) => getArchive(slug, signal),
    staleTime: 10_000,
    retry: false,
  })
