/** Sends a form once: one Idempotency-Key per form, so that a double click, a retry or a lost answer never files twice. */
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { Schemas } from '@/lib/api/client'
import { asApiError, type ApiError } from '@/lib/api/errors'

type Ticket = Schemas['TicketCard']

/** Something unguessable per form. `crypto.randomUUID` needs HTTPS. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')

type Filing<Form> = {
  send: (form: Form, key: string) => Promise<Ticket>
  /** queries that show it from now on */
  touches: readonly QueryKey[]
  onFiled: (ticket: Ticket) => void
  onRefused?: (error: ApiError) => void
  /** the key and how to keep another one, where it has to outlive the page as a draft does */
  kept?: readonly [key: string, keep: (key: string) => void]
}

export function useFileOnce<Form>({ send, touches, onFiled, onRefused, kept }: Filing<Form>) {
  const client = useQueryClient()
  const own = useState(newKey)
  const [key, keep] = kept ?? own
  const busy = useRef(false)
  const mutation = useMutation<Ticket, ApiError, Form>({
    mutationFn: (form) => send(form, key),
    onSuccess: (ticket) => {
      client.setQueryData(['ticket', ticket.id], ticket)
      for (const queryKey of touches) void client.invalidateQueries({ queryKey })
      onFiled(ticket)
    },
    onError: (error) => {
      busy.current = false
      onRefused?.(error)
    },
  })
  const error = mutation.error ? asApiError(mutation.error) : null
  return {
    isPending: mutation.isPending,
    error,
    /** the ticket that a lost answer was about, when the form was changed since */
    filedBefore: error?.code === 'ticket.idempotency_mismatch' ? Number(error.params.ticket) : null,
    file: (form: Form) => {
      if (busy.current) return
      busy.current = true
      mutation.mutate(form)
    },
    /** After an answer that was lost the first form may be filed already; another one then needs another key. */
    startAnew: () => {
      keep(newKey())
      mutation.reset()
    },
  }
}
