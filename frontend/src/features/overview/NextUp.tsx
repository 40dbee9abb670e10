/** The next-up strip: the one open ticket that matters most, and who it waits for. Decides nothing and opens the ticket. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { ImageName } from '@/components/Image'
import { nameOf } from '@/components/Person'
import { StatusIcon } from '@/components/Status'
import type { Schemas } from '@/lib/api/client'
import { ticketQuery } from '@/lib/api/queries'
import { useEnvironmentWord } from '@/lib/environment'
import { useMe } from '@/lib/me'
import { hueOf } from '@/lib/status'
import type { Urgent } from './board'
import css from './Overview.module.css'

const MOST_NAMES = 3

function useNames() {
  const { t, i18n } = useTranslation('overview')
  const me = useMe()
  return (people: Schemas['Person'][], type: 'conjunction' | 'disjunction') => {
    const names = people.slice(0, MOST_NAMES).map((person) => (person.id === me.id ? t('next.you') : nameOf(person)))
    const rest = people.length - names.length
    return new Intl.ListFormat(i18n.language, { type }).format(
      rest > 0 ? [...names, t('next.others', { count: rest })] : names,
    )
  }
}

function Headline({ urgent, card }: { urgent: Urgent; card: Schemas['TicketCard'] | undefined }) {
  const { t } = useTranslation('overview')
  const word = useEnvironmentWord()
  const environment = word(urgent.row.environment, true)
  const { status, kind } = urgent.ticket
  if (status === 'pending_approval') {
    const count = Math.max(1, (card?.approvals_needed ?? urgent.row.approvals_needed) - (card?.approvals_given ?? 0))
    return (
      <>
        {card?.approvals_given
          ? t('next.more_approvals', { environment, count })
          : t('next.approvals', { environment, count })}
      </>
    )
  }
  if (status === 'pending_confirmation') return <>{t('next.confirmation', { environment })}</>
  const what = t(`next.${kind}` as 'next.release', {
    environment: word(urgent.row.environment),
    defaultValue: urgent.ticket.title,
  })
  return (
    <>{t(status === 'running' ? 'next.running' : status === 'queued' ? 'next.queued' : 'next.scheduled', { what })}</>
  )
}

function Who({ urgent, card }: { urgent: Urgent; card: Schemas['TicketCard'] | undefined }) {
  const { t } = useTranslation('overview')
  const names = useNames()
  const given =
    card?.approvals.filter((one) => one.decision === 'approve' && !one.voided_at).map((one) => one.actor) ?? []
  const waiting = urgent.ticket.status.startsWith('pending')
  const asked = (card?.who_may_decide ?? []).filter((person) => !given.some((one) => one.id === person.id))
  return (
    <>
      {given.length > 0 && <span>{t('next.approved', { names: names(given, 'conjunction') })}</span>}
      {waiting && asked.length > 0 ? (
        <span>
          {urgent.ticket.status === 'pending_approval'
            ? t('next.decide', { names: names(asked, 'disjunction') })
            : t('next.judge', { names: names(asked, 'disjunction') })}
        </span>
      ) : (
        <span>{t('next.by', { name: nameOf(urgent.ticket.requester) })}</span>
      )}
      <span className="t3">
        <Age at={urgent.ticket.created_at} />
      </span>
    </>
  )
}

export function NextUp({ urgent }: { urgent: Urgent }) {
  const { t } = useTranslation('overview')
  const { ticket } = urgent
  const { data: card } = useQuery(ticketQuery(ticket.id))
  return (
    <section className={`${css.next} ${css[`next_${hueOf(ticket.status)}`]}`} aria-label={t('next.title')}>
      <StatusIcon status={ticket.status} size={16} />
      <div className="grow">
        <p className={css.nextTitle}>
          <Headline urgent={urgent} card={card} />
        </p>
        <div className={css.nextSub}>
          <span className="tnum">#{ticket.id}</span>
          {ticket.release && <ImageName tag={ticket.release.tag} digest={ticket.release.digest} size={14} />}
          <Who urgent={urgent} card={card} />
        </div>
      </div>
      <Link to="/tickets/$id" params={{ id: String(ticket.id) }} className={css.nextLink}>
        {t('next.open')} <ArrowRight size={14} aria-hidden />
      </Link>
    </section>
  )
}
