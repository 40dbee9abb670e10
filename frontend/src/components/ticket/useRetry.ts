/** Retries what failed of a ticket. Whether one may is the card's `rights.retry`. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body } from '@/lib/api/client'
import { invalidateFor } from '@/lib/live/invalidate'
import type { Card } from './types'

export function useRetry(id: number | undefined) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => body(api.POST('/api/v1/tickets/{ticket_id}/retry', { params: { path: { ticket_id: id ?? 0 } } })),
    onSettled: () => invalidateFor(client, { what: 'ticket', id: id ?? 0 }),
  })
}

/** It changed a cluster, or may have: then there is something to go back from. */
export const hasTouched = (card: Card): boolean =>
  card.rollouts.some((one) => one.result === 'succeeded' || one.result === 'failed' || one.result === 'unknown')
