/** The newest tickets of the project, five of them. The whole list is another page. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age, Took } from '@/components/Age'
import { ImageName } from '@/components/Image'
import { Avatar, nameOf } from '@/components/Person'
import { Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import { Status } from '@/components/Status'
import type { Schemas } from '@/lib/api/client'
import { ticketsQuery } from '@/lib/api/queries'
import { sentence } from '@/lib/i18n'
import { isOver } from '@/lib/status'
import css from './Overview.module.css'

const SHOWN = 5
const COLUMNS = ['status', 'version', 'environment', 'what', 'who', 'took', 'age'] as const
type Ticket = Schemas['Ticket']

/** What happened or what it waits for, in a few words; the ticket's own page tells the rest. */
function Sentence({ ticket }: { ticket: Ticket }) {
  const { t } = useTranslation('overview')
  const { status, progress } = ticket
  if (status === 'pending_approval')
    return <>{t('recent.approvals', { given: ticket.approvals_given, needed: ticket.approvals_needed })}</>
  if (status === 'running') {
    const name = progress.now[0]
    const step = name ? t(`do.${name}` as 'do.start', { defaultValue: name }) : t('recent.started')
    return <>{t('recent.step', { step, n: Math.min(progress.done + 1, progress.total), m: progress.total })}</>
  }
  if (ticket.reason && status !== 'succeeded') return <>{sentence(ticket.reason)}</>
  if (ticket.kind === 'release' && ticket.release) return <>{ticket.release.commit_title || ticket.release.ref}</>
  return <>{t(`recent.${ticket.kind}` as 'recent.promote', { defaultValue: ticket.title })}</>
}

function TicketRow({ ticket }: { ticket: Ticket }) {
  const { t } = useTranslation()
  return (
    <tr>
      <td className={css.rStatus}>
        <Status status={ticket.status} />
      </td>
      <td className={css.rImage}>
        {ticket.release?.digest ? (
          <ImageName tag={ticket.release.tag} digest={ticket.release.digest} />
        ) : (
          <span className="t3">{ticket.release?.tag ?? '—'}</span>
        )}
      </td>
      <td className={`${css.rEnv} b5`}>{ticket.environment?.name}</td>
      <td className={css.rWhat}>
        <Link to="/tickets/$id" params={{ id: String(ticket.id) }} className={`${css.rLink} clip`}>
          <span className="hidden-visually">
            #{ticket.id} {t(`kind.${ticket.kind}` as 'kind.release', { defaultValue: ticket.kind })}:{' '}
          </span>
          <Sentence ticket={ticket} />
        </Link>
      </td>
      <td className={css.rWho}>
        <Avatar person={ticket.requester} />
        <span className="hidden-visually">{nameOf(ticket.requester)}</span>
      </td>
      <td className={css.rTook}>
        {ticket.started_at && (ticket.finished_at || !isOver(ticket.status)) ? (
          <Took from={ticket.started_at} to={ticket.finished_at} />
        ) : (
          <span className="t3">—</span>
        )}
      </td>
      <td className={css.rAge}>
        <Age at={ticket.finished_at ?? ticket.created_at} />
      </td>
    </tr>
  )
}

export function Recent({ project }: { project: string }) {
  const { t } = useTranslation('overview')
  const { data, error, refetch, dataUpdatedAt } = useInfiniteQuery(ticketsQuery({ project }, SHOWN))
  const tickets = data?.pages[0]?.results
  return (
    <section className={css.recent} aria-labelledby="recent">
      <div className={css.heading}>
        <h2 id="recent">{t('recent.title')}</h2>
        <Link to="/p/$project/releases" params={{ project }} className={`${css.right} link`}>
          {t('recent.all')}
        </Link>
      </div>
      {error && <RegionError error={error} retry={() => void refetch()} shownAt={dataUpdatedAt} />}
      {!tickets && !error && (
        <Loading>
          <SkeletonRows rows={SHOWN} height={32} />
        </Loading>
      )}
      {tickets && (
        <div className="card">
          {tickets.length === 0 ? (
            <Empty>{t('recent.empty')}</Empty>
          ) : (
            <table className={css.rows}>
              <colgroup>
                {COLUMNS.map((name) => (
                  <col key={name} className={css[`c_${name}`]} />
                ))}
              </colgroup>
              <thead className={css.unseen}>
                <tr>
                  {COLUMNS.map((name) => (
                    <th key={name} scope="col">
                      <span className="hidden-visually">{t(`recent.col.${name}`)}</span>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {tickets.map((ticket) => (
                  <TicketRow key={ticket.id} ticket={ticket} />
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
    </section>
  )
}
