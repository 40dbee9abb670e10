/** What the sheet knows about the chosen place: its pods, its policy, one's rights and tickets there. */
import { useQuery } from '@tanstack/react-query'
import { environmentsQuery, ticketQuery, ticketsQuery, whyQuery } from '@/lib/api/queries'
import { podsQuery } from '@/lib/api/queries/terminals'
import { api, body } from '@/lib/api/client'
import { queryOptions, skipToken, useInfiniteQuery } from '@tanstack/react-query'
import { mayBreakGlass, wayOf, type ShellPolicy } from './opening'

/** The workloads of a project, to choose one from. */
export const workloadsOfQuery = (project: string | undefined) =>
  queryOptions({
    queryKey: ['workloads', { project }],
    queryFn: project
      ? ({ signal }) => body(api.GET('/api/v1/workloads/', { params: { query: { project, limit: 200 } }, signal }))
      : skipToken,
  })

export type Place = {
  project: string
  projectId: number
  environment: string
  environmentId: number
  workload: number
}

export function useOpening(place: Place | null, ticketId: number | null) {
  const where = place && { project: place.project, environment: place.environment }
  const pair = place && { project: place.projectId, environment: place.environmentId }
  const environments = useQuery(environmentsQuery)
  const environment = environments.data?.results.find((one) => one.slug === place?.environment)
  const policy: ShellPolicy = environment?.shell_policy ?? 'ticket'
  const open = useQuery(whyQuery(pair && { action: 'terminal.open', ...pair }))
  const ask = useQuery(whyQuery(pair && { action: 'emergency_shell.request', ...pair }))
  const glass = useQuery(whyQuery(pair && { action: 'terminal.break_glass', ...pair }))
  const pods = useQuery(podsQuery(place?.project ?? '', place?.workload ?? null))
  const running = useInfiniteQuery({
    ...ticketsQuery(
      { ...where, kind: ['emergency_shell'], status: ['running', 'pending_approval'], requester: 'me' },
      5,
    ),
    enabled: Boolean(place) && ticketId === null && policy !== 'open',
  })
  const found = running.data?.pages[0]?.results[0] ?? null
  const whole = useQuery(ticketQuery(ticketId ?? found?.id ?? null)).data
  const ticket = whole ?? found
  const way = wayOf({
    policy,
    mayOpen: open.data?.allowed ?? false,
    mayAsk: ask.data?.allowed ?? false,
    ticket,
  })
  return {
    policy,
    pods,
    ticket,
    /** of that ticket, as it was approved */
    reason: typeof whole?.form.reason === 'string' ? whole.form.reason : '',
    way,
    mayBreak: mayBreakGlass(policy, glass.data?.allowed ?? false, way),
    refusal: policy === 'open' ? open.data : ask.data,
    known: Boolean(environments.data && (policy === 'open' ? open.data : ask.data && glass.data)),
  }
}
