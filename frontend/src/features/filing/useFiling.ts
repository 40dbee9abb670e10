/** Files a ticket once: one Idempotency-Key per form, so that a double click, a retry or a lost answer never files twice. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { api, body, type Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { newKey } from './logic'
import type { FileRequest } from './queries'

export function useFiling(onFiled: (ticket: Schemas['TicketCard']) => void) {
  const client = useQueryClient()
  const [key, setKey] = useState(newKey)
  const busy = useRef(false)
  const mutation = useMutation({
    mutationFn: (request: FileRequest) =>
      body(api.POST('/api/v1/tickets/', { body: request, params: { header: { 'Idempotency-Key': key } } })),
    onSuccess: (ticket) => {
      client.setQueryData(['ticket', ticket.id], ticket)
      void client.invalidateQueries({ queryKey: ['tickets'] })
      void client.invalidateQueries({ queryKey: ['releases'] })
      void client.invalidateQueries({ queryKey: ['board'] })
      onFiled(ticket)
    },
    onError: () => {
      busy.current = false
    },
  })
  const file = (request: FileRequest) => {
    if (busy.current) return
    busy.current = true
    mutation.mutate(request)
  }
  /** After an answer that was lost the first form may be filed already; another one then needs another key. */
  const startAnew = () => {
    setKey(newKey())
    mutation.reset()
  }
  const error = mutation.error ? asApiError(mutation.error) : null
  const filedBefore = error?.code === 'ticket.idempotency_mismatch' ? Number(error.params.ticket) : null
  return { file, startAnew, isPending: mutation.isPending, error, filedBefore }
}
