/** The head of a card: number, status, age, title, and the requester's sentence in quotes. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age, LiveAge } from '@/components/Age'
import { Person } from '@/components/Person'
import { PageTitle, useTitle } from '@/components/Page'
import { Status } from '@/components/Status'
import type { ReactNode } from 'react'
import { useTicketTitle } from './say'
import type { Card } from './types'
import css from './ticket.module.css'

type Props = {
  card: Card
  updatedAt: number
  failed: boolean
  menu?: ReactNode
  /** the card is the page; else a part of one */ isPage?: boolean
}

export function CardHead({ card, updatedAt, failed, menu, isPage = false }: Props) {
  const { t } = useTranslation('ticket')
  const title = useTicketTitle()(card)
  const mine = card.rights.approve.allowed
  const reason = typeof card.form.reason === 'string' ? card.form.reason : ''
  const words = card.note || reason
  return (
    <header className={css.head}>
      <div className={css.headLine}>
        <Link to="/tickets/$id" params={{ id: String(card.id) }} className="t2 tnum">
          #{card.id}
        </Link>
        <Status
          status={card.status}
          label={
            mine
              ? t('waiting_for_you')
              : card.cancel_requested_at && card.status === 'running'
                ? t('status_stopping')
                : undefined
          }
        />
        {card.is_emergency && <Status status="failing" label={t('emergency')} plain />}
        <span className="t2 s12">
          {t('asked')} <Age at={card.created_at} />
          {t('asked_after')}
          {card.approvals_needed > 1 && card.status === 'pending_approval' && (
            <> · {t('approved_of', { given: card.approvals_given, needed: card.approvals_needed })}</>
          )}
        </span>
        <span className={css.end}>
          <LiveAge updatedAt={updatedAt} failed={failed} />
          {menu}
        </span>
      </div>
      {isPage ? (
        <PageTitle title={`#${card.id} ${title}`} className={css.title}>
          {title}
        </PageTitle>
      ) : (
        <Titled title={title} />
      )}
      <div className={css.asks}>
        <Person person={card.requester} />
        <span className="t2">{t('asks')}</span>
        {words && (
          <>
            <span className="t3">·</span>
            <q>{words}</q>
          </>
        )}
      </div>
    </header>
  )
}

/** In a list the card's title is no page title, but opening it moves the focus here. */
function Titled({ title }: { title: string }) {
  useTitle(title)
  return (
    <h2 className={css.title} tabIndex={-1} data-card-title>
      {title}
    </h2>
  )
}
