/** Why a ticket stands as it does, in sentences: asked to stop, failed, not known, replaced, to be reviewed. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { StatusIcon } from '@/components/Status'
import { sentence } from '@/lib/i18n'
import { isOver } from '@/lib/status'
import type { ReactNode } from 'react'
import { Held, HeldIcon } from './Held'
import { MissedCallback } from './MissedCallback'
import type { Card } from './types'
import css from './ticket.module.css'

function Note({ status, children }: { status: string; children: ReactNode }) {
  return (
    <div className={css.note} data-note={status}>
      <StatusIcon status={status} size={16} />
      <div>{children}</div>
    </div>
  )
}

export function StateNotes({ card }: { card: Card }) {
  const { t } = useTranslation('ticket')
  const over = isOver(card.status)
  const done = card.rollouts.filter((one) => one.result === 'succeeded').length
  const partial = (card.status === 'failed' || card.status === 'errored') && card.rollouts.length > 1
  return (
    <>
      {card.cancel_requested_at && !over && (
        <Note status="running">
          <strong>{t('note.stopping')}</strong>{' '}
          <span className="t2">
            {t('asked')} <Age at={card.cancel_requested_at} />
            {t('asked_after')}
            {t('full_stop')}
            {t('sentence_space')}
            {card.cancel_reason ? sentence(card.cancel_reason) : ''}
          </span>
        </Note>
      )}
      {over && card.status !== 'succeeded' && (card.reason || card.status === 'errored' || partial) && (
        <Note status={card.status}>
          {card.status === 'errored' && <strong>{t('note.errored')} </strong>}
          {partial && <strong>{t('note.partial', { done, count: card.rollouts.length })} </strong>}
          {card.reason && <span>{sentence(card.reason)}</span>}{' '}
          {card.superseded_by !== null && (
            <Link to="/tickets/$id" params={{ id: String(card.superseded_by) }} className="link">
              #{card.superseded_by}
            </Link>
          )}
        </Note>
      )}
      {!over && card.held_by && (
        <div className={css.note} data-note="held">
          <HeldIcon />
          <Held reason={card.held_by} />
        </div>
      )}
      {!over && card.reason && <Note status={card.status}>{sentence(card.reason)}</Note>}
      <MissedCallback card={card} />
      {card.requires_review && !card.given_review && over && (
        <Note status="pending_confirmation">{t('note.review_owed')}</Note>
      )}
    </>
  )
}
