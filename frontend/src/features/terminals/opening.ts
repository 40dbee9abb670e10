/** What stands between a person and a shell, by the environment's policy and the person's rights. Pure. */

export type ShellPolicy = 'open' | 'ticket' | 'ticket_or_break_glass'
/** `open`: at once · `with_ticket`: an approved one lets in · `ask`: file one · `waits`: filed, not decided */
export type Way = 'open' | 'with_ticket' | 'waits' | 'ask' | 'refused'

type Facts = {
  policy: ShellPolicy
  mayOpen: boolean
  mayAsk: boolean
  /** of one's own, for this place */
  ticket: { status: string } | null
}

const WAITS = new Set(['pending_approval', 'pending_confirmation', 'scheduled', 'queued'])

export function wayOf({ policy, mayOpen, mayAsk, ticket }: Facts): Way {
  if (policy === 'open') return mayOpen ? 'open' : 'refused'
  if (ticket?.status === 'running') return 'with_ticket'
  if (ticket && WAITS.has(ticket.status)) return 'waits'
  return mayAsk ? 'ask' : 'refused'
}

export const mayBreakGlass = (policy: ShellPolicy, may: boolean, way: Way): boolean =>
  may && policy === 'ticket_or_break_glass' && (way === 'ask' || way === 'waits')

export const REASON_LEAST = 10
export const REASON_MOST = 500
export const MINUTES = [5, 10, 15, 30, 60] as const
export const MINUTES_FIRST = 30

type Placed = { id: number; environment_id: number; name: string; cluster: string }

/** A workload on all clusters of its environment is one entry, as its pods are one list; `id` is the chosen one's if it is among them. */
export function together<W extends Placed>(workloads: W[], chosen?: number): (W & { clusters: string[] })[] {
  const found = new Map<string, W & { clusters: string[] }>()
  for (const one of workloads) {
    const key = `${one.environment_id} ${one.name}`
    const before = found.get(key)
    const clusters = [...(before?.clusters ?? []), one.cluster]
    found.set(key, { ...(before && one.id !== chosen ? before : one), clusters })
  }
  return [...found.values()]
}
