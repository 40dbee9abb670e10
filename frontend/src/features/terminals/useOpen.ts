/** Opens a shell, asks for one, or breaks the glass: each once, however often it is clicked. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, body } from '@/lib/api/client'
import { ApiError, asApiError } from '@/lib/api/errors'
import { fileShell, openSession, type Pod } from '@/lib/api/terminals'
import { newKey } from '@/lib/filing'
import { rememberContainer } from '@/lib/terminal/preferences'
import { holdClaim } from './claims'
import type { Place } from './useOpening'

export type Wanted = { place: Place; pod: Pod; container: string; reason: string; minutes: number }

const LOOK_EVERY = 400
const LOOKS = 75
const OVER = new Set(['succeeded', 'failed', 'errored', 'canceled', 'rejected', 'expired', 'superseded'])

/** A broken glass lets in as soon as the portal has written it down. */
async function letsIn(ticketId: number): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    const ticket = await body(api.GET('/api/v1/tickets/{ticket_id}/', { params: { path: { ticket_id: ticketId } } }))
    if (ticket.status === 'running') return
    if (OVER.has(ticket.status))
      throw new ApiError(409, ticket.reason?.code ?? 'terminal.needs_approval', ticket.reason?.detail ?? '', {
        ticket: ticketId,
        status: ticket.status,
      })
    await new Promise((done) => setTimeout(done, LOOK_EVERY))
  }
  throw new ApiError(409, 'terminal.needs_approval', '', { ticket: ticketId, status: 'queued' })
}

export function useOpen(userId: number, onTicket: (ticket: number) => void) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [key, setKey] = useState(newKey)

  async function step(wanted: Wanted, ticket: number | null): Promise<void> {
    const session = await openSession({
      workload: wanted.pod.workload || wanted.place.workload,
      cluster: wanted.pod.cluster,
      pod: wanted.pod.name,
      container: wanted.container,
      reason: wanted.reason,
      minutes: wanted.minutes,
      ticket,
    })
    rememberContainer(userId, wanted.place.workload, wanted.container)
    holdClaim(session.id, session.claim)
    client.setQueryData(['terminal', session.id], session)
    void client.invalidateQueries({ queryKey: ['terminals'] })
    await navigate({ to: '/terminals/$id', params: { id: String(session.id) }, replace: true })
  }
  async function file(wanted: Wanted, glass: boolean): Promise<number> {
    const { project, environment, workload } = wanted.place
    const form = { workload, minutes: wanted.minutes, break_glass: glass, reason: wanted.reason }
    const ticket = await fileShell(project, environment, form, key)
    setKey(newKey())
    for (const queryKey of [['tickets'], ['inbox']]) void client.invalidateQueries({ queryKey })
    return ticket.id
  }
  const open = useMutation({
    mutationFn: ({ wanted, ticket }: { wanted: Wanted; ticket: number | null }) => step(wanted, ticket),
  })
  const ask = useMutation({ mutationFn: (wanted: Wanted) => file(wanted, false), onSuccess: onTicket })
  const glass = useMutation({
    mutationFn: async (wanted: Wanted) => {
      const ticket = await file(wanted, true)
      await letsIn(ticket)
      await step(wanted, ticket)
    },
  })
  const all = [open, ask, glass]
  const pending = all.some((one) => one.isPending)
  const failed = all.find((one) => one.error)
  const once = (run: () => void) => {
    if (pending) return
    for (const one of all) one.reset()
    run()
  }
  return {
    pending,
    breaking: glass.isPending,
    error: failed ? asApiError(failed.error) : null,
    open: (wanted: Wanted, ticket: number | null) => once(() => open.mutate({ wanted, ticket })),
    ask: (wanted: Wanted) => once(() => ask.mutate(wanted)),
    breakGlass: (wanted: Wanted) => once(() => glass.mutate(wanted)),
  }
}
