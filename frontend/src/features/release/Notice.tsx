/** One strip over the log: why it stands as it does. Failed, not known, asked to stop, queued: each says what follows. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { StatusIcon } from '@/components/Status'
import { missedCallback } from '@/components/ticket/callback'
import { Held, HeldIcon } from '@/components/ticket/Held'
import type { Schemas } from '@/lib/api/client'
import { useSlugWord } from '@/lib/environment'
import { sentence } from '@/lib/i18n'
import { hueOf, isOver } from '@/lib/status'
import type { Row } from './progress'
import css from './Release.module.css'

type Props = { card: Schemas['TicketCard']; rows: Row[]; problem: string }

export function Notice({ card, rows, problem }: Props) {
  const { t } = useTranslation('release')
  const called = useSlugWord()
  const lines = linesOf(card, rows, problem, t('errored'))
  const isStopping = card.cancel_requested_at !== null && !isOver(card.status)
  const heldBy = isOver(card.status) ? null : card.held_by
  if (lines.length === 0 && !isStopping && !heldBy && card.status !== 'queued') return null
  return (
    <div
      className={`${css.notice} ${heldBy ? '' : (css[`${hueOf(isStopping ? 'running' : card.status)}Notice`] ?? '')}`}
      role={card.status === 'failed' ? 'alert' : 'status'}
    >
      {heldBy ? <HeldIcon /> : <StatusIcon status={isStopping ? 'running' : card.status} size={16} />}
      <div>
        {card.status === 'queued' && (
          <p>
            {card.place_in_queue
              ? t('queued_behind', { count: card.place_in_queue, environment: called(card.environment?.slug) })
              : t('queued_soon')}
          </p>
        )}
        {isStopping && (
          <p>
            {t('stopping')} <Age at={card.cancel_requested_at ?? ''} />
          </p>
        )}
        {heldBy && (
          <p>
            <Held reason={heldBy} />
          </p>
        )}
        {lines.map((line) => (
          <p key={line}>{line}</p>
        ))}
        {card.superseded_by !== null && (
          <p>
            <Link to="/tickets/$id" params={{ id: String(card.superseded_by) }} className="link">
              #{card.superseded_by}
            </Link>
          </p>
        )}
      </div>
    </div>
  )
}

/** The ticket's own reason first, then each step's that says something else; a refused retry last. */
function linesOf(card: Schemas['TicketCard'], rows: Row[], problem: string, errored: string): string[] {
  const isWrong = isOver(card.status) && card.status !== 'succeeded'
  const own = card.reason ? [sentence(card.reason)] : []
  const steps = isWrong
    ? rows.flatMap((row) => row.steps).flatMap((step) => (step.reason ? [sentence(step.reason)] : []))
    : []
  const missed = missedCallback(rows.flatMap((row) => row.steps))
  const isBroken = card.status === 'failed' || card.status === 'errored'
  const noRetry = isBroken && !card.rights.retry.allowed ? [sentence(card.rights.retry)] : []
  return [
    ...new Set([
      ...own,
      ...steps,
      ...(missed ? [sentence(missed.note)] : []),
      ...noRetry,
      ...(card.status === 'errored' ? [errored] : []),
      ...(problem ? [problem] : []),
    ]),
  ]
}
