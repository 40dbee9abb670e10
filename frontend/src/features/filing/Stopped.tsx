/** The ticket that a roll back would stop on its way: the one that is changing the environment now (D10). */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ImageName } from '@/components/Image'
import { nameOf } from '@/components/Person'
import { Status } from '@/components/Status'
import type { Schemas } from '@/lib/api/client'
import { ticketsQuery } from '@/lib/api/queries'
import { useEnvironmentWord } from '@/lib/environment'
import { isChanging } from './logic'
import css from './filing.module.css'

export function Stopped({ project, environment }: { project: string; environment: Schemas['TicketEnvironment'] }) {
  const word = useEnvironmentWord()
  const { t } = useTranslation('filing')
  const tickets = useInfiniteQuery(ticketsQuery({ project, environment: environment.slug, status: ['running'] }))
  const holders = tickets.data?.pages.flatMap((page) => page.results).filter(isChanging) ?? []
  if (!holders.length) return null
  return (
    <section className={css.block}>
      <h2>{t('rollback.stops')}</h2>
      {holders.map((ticket) => (
        <Link key={ticket.id} to="/tickets/$id" params={{ id: String(ticket.id) }} className={css.strip}>
          <Status status={ticket.status} />
          <span className="t3">#{ticket.id}</span>
          {ticket.release && <ImageName tag={ticket.release.tag} digest={ticket.release.digest} short />}
          <span className="t2">{nameOf(ticket.requester)}</span>
        </Link>
      ))}
      <p className="t2 s12">{t('rollback.stops_help', { environment: word(environment) })}</p>
    </section>
  )
}
