/** Who may what: the policy table's answers, and the roles people hold. The server decides; this asks. */
import { queryOptions, skipToken, useMutation, useQueryClient } from '@tanstack/react-query'
import type { paths } from '@/gen/api'
import { api, body, type Schemas } from '../client'
import type { ApiError } from '../errors'

export type WhyQuestion = paths['/api/v1/why']['get']['parameters']['query']

/** May one, and if not, why not; null asks nothing. */
export const whyQuery = (question: WhyQuestion | null) =>
  queryOptions({
    queryKey: ['why', question],
    queryFn: question
      ? ({ signal }) => body(api.GET('/api/v1/why', { params: { query: question }, signal }))
      : skipToken,
    staleTime: 60_000,
  })

const PAGE = 200
/** Five pages; beyond that a page asks to choose a project or a person. */
const MOST_PAGES = 5

export type Grant = Schemas['Grant']
export type GrantFilter = { project?: string; user?: string }
export type Grants = { rows: Grant[]; more: boolean }

export const grantsQuery = (filter: GrantFilter) =>
  queryOptions({
    queryKey: ['grants', filter],
    queryFn: async ({ signal }): Promise<Grants> => {
      const rows: Grant[] = []
      let cursor: string | undefined
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const answer = await body(
          api.GET('/api/v1/grants/', { params: { query: { ...filter, limit: PAGE, cursor } }, signal }),
        )
        rows.push(...answer.results)
        cursor = answer.next ?? undefined
        if (!cursor) break
      }
      return { rows, more: Boolean(cursor) }
    },
    staleTime: 30_000,
  })

/** What a grant changes: who may what, and what a reader may see of the project it is in. */
const TOUCHED = ['grants', 'why', 'first-hour', 'project', 'projects', 'board']

function useTouched() {
  const client = useQueryClient()
  return () => Promise.all(TOUCHED.map((noun) => client.invalidateQueries({ queryKey: [noun] })))
}

export function useGive() {
  const onSuccess = useTouched()
  return useMutation<Grant, ApiError, Schemas['NewGrantRequest']>({
    mutationFn: (grant) => body(api.POST('/api/v1/grants/', { body: grant })),
    onSuccess,
  })
}

/** Ends a grant at once. `onEnded` gets the way back: the same role again, until the same end. */
export function useEndGrant(onEnded: (grant: Grant, again: () => void) => void) {
  const touched = useTouched()
  const give = useGive()
  return useMutation({
    mutationFn: (grant: Grant) =>
      api.DELETE('/api/v1/grants/{grant_id}/', { params: { path: { grant_id: grant.id } } }),
    onSuccess: async (_, grant) => {
      await touched()
      const { project, environment, role, expires_at } = grant
      onEnded(grant, () => give.mutate({ user: grant.user.username, project, environment, role, expires_at }))
    },
  })
}
