/** That a project's receiver did not take the news of a version; the ticket succeeded all the same. */
import { useQuery } from '@tanstack/react-query'
import { StatusIcon } from '@/components/Status'
import { stepsQuery } from '@/lib/api/queries'
import { sentence } from '@/lib/i18n'
import { missedCallback } from './callback'
import type { Card } from './types'
import css from './ticket.module.css'

const CALL_BACK = ['release', 'promote']

export function MissedCallback({ card }: { card: Card }) {
  const mayHave = card.status === 'succeeded' && CALL_BACK.includes(card.kind)
  const steps = useQuery({ ...stepsQuery(card.id), enabled: mayHave }).data?.results ?? []
  const missed = missedCallback(steps)
  if (!missed) return null
  return (
    <div className={css.note} data-note="errored">
      <StatusIcon status="errored" size={16} />
      <div>{sentence(missed.note)}</div>
    </div>
  )
}
