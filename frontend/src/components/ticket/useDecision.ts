/** One person's decision on one card: what he read, what he writes, and the call. Must not decide what may be done. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, body } from '@/lib/api/client'
import { ApiError } from '@/lib/api/errors'
import { useDraft } from '@/lib/drafts'
import { invalidateFor } from '@/lib/live/invalidate'
import { useMe } from '@/lib/me'
import { barOf, readOf } from './decision'
import type { Card, ChangedLine } from './types'

const PAUSE = 1000

/** True a second after the fingerprint moved: a click meant for the old change must not hit the new one. */
function useArmed(fingerprint: string, isNew: boolean): boolean {
  const [armedFor, setArmedFor] = useState(isNew ? '' : fingerprint)
  useEffect(() => {
    const timer = setTimeout(() => setArmedFor(fingerprint), PAUSE)
    return () => clearTimeout(timer)
  }, [fingerprint])
  return !isNew || armedFor === fingerprint
}

/** For a component with the card's id as its key: another card is another reading. */
export function useDecision(card: Card, onDone?: () => void) {
  const client = useQueryClient()
  const me = useMe()
  const [read, setRead] = useState(() => readOf(card))
  const [told, setTold] = useState<ChangedLine[]>([])
  const comment = useDraft(me.id, `decision.${card.id}`, '')
  const bar = barOf(card, read, me.id, told)
  const armed = useArmed(card.fingerprint, bar.kind === 'changed')

  const decide = useMutation({
    mutationFn: (decision: 'approve' | 'reject') =>
      body(
        api.POST('/api/v1/tickets/{ticket_id}/approvals/', {
          params: { path: { ticket_id: card.id } },
          // what was read, or, after the band was shown for long enough, what the band says
          body: {
            decision,
            comment: comment.value,
            fingerprint: bar.kind === 'changed' ? card.fingerprint : read.fingerprint,
          },
        }),
      ),
    onSuccess: () => {
      comment.clear()
      setRead((old) => ({ ...old, fingerprint: card.fingerprint, change: card.change }))
      onDone?.()
    },
    onError: (error) => {
      if (error instanceof ApiError && error.code === 'approval.changed') setTold(linesOf(error))
    },
    onSettled: () => invalidateFor(client, { what: 'ticket', id: card.id }),
  })
  // that the change moved is told by the band, as soon as the new card is there
  const error = decide.error instanceof ApiError && decide.error.code !== 'approval.changed' ? decide.error : null
  return { bar, read, armed, comment, decide, error }
}

export type Decision = ReturnType<typeof useDecision>

const isLine = (value: unknown): value is ChangedLine => typeof value === 'object' && value !== null && 'path' in value

const linesOf = (error: ApiError): ChangedLine[] =>
  Array.isArray(error.params.lines) ? error.params.lines.filter(isLine) : []
