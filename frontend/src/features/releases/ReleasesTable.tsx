/** The rows of the releases list, as a real table; on a phone each row is two lines. Draws, never fetches. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age, Took } from '@/components/Age'
import { ImageName } from '@/components/Image'
import { Person } from '@/components/Person'
import { Status } from '@/components/Status'
import type { Schemas } from '@/lib/api/client'
import { sentence } from '@/lib/i18n'
import { isOver } from '@/lib/status'
import css from './releases.module.css'

type Ticket = Schemas['Ticket']

export function ReleasesTable({ project, tickets }: { project: string; tickets: Ticket[] }) {
  const { t } = useTranslation('releases')
  return (
    <div className={css.frame}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col" className={css.cStatus}>
              {t('col.status')}
            </th>
            <th scope="col" className={css.cVersion}>
              {t('col.version')}
            </th>
            <th scope="col" className={css.cKind}>
              {t('col.kind')}
            </th>
            <th scope="col" className={css.cEnvironment}>
              {t('col.environment')}
            </th>
            <th scope="col">{t('col.what')}</th>
            <th scope="col" className={css.cWho}>
              {t('col.who')}
            </th>
            <th scope="col" className={`${css.cNumber} ${css.right}`}>
              {t('col.took')}
            </th>
            <th scope="col" className={`${css.cNumber} ${css.right}`}>
              {t('col.age')}
            </th>
          </tr>
        </thead>
        <tbody>
          {tickets.map((ticket) => (
            <TicketRow key={ticket.id} project={project} ticket={ticket} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function TicketRow({ project, ticket }: { project: string; ticket: Ticket }) {
  const { t } = useTranslation('releases')
  const { t: common } = useTranslation()
  return (
    <tr>
      <td className={css.aStatus}>
        <Status status={ticket.status} />
      </td>
      <td className={css.aVersion}>
        <Version project={project} ticket={ticket} />
      </td>
      <td className={css.aKind}>{common(`kind.${ticket.kind}` as 'kind.release', { defaultValue: ticket.kind })}</td>
      <td className={`${css.aEnvironment} b5`}>{ticket.environment?.name ?? '—'}</td>
      <td className={css.aWhat}>
        <What ticket={ticket} />
      </td>
      <td className={css.aWho}>
        <Person person={ticket.requester} quiet />
      </td>
      <td className={`${css.aTook} ${css.right} t2`}>
        {ticket.started_at ? (
          <Took
            from={ticket.started_at}
            to={ticket.finished_at ?? (isOver(ticket.status) ? ticket.started_at : null)}
          />
        ) : (
          <span aria-label={t('not_started')}>—</span>
        )}
      </td>
      <td className={`${css.aAge} ${css.right} t3`}>
        <Link to="/tickets/$id" params={{ id: String(ticket.id) }} className={css.quiet}>
          <Age at={ticket.created_at} />
        </Link>
      </td>
    </tr>
  )
}

function Version({ project, ticket }: { project: string; ticket: Ticket }) {
  const { release } = ticket
  if (!release)
    return (
      <Link to="/tickets/$id" params={{ id: String(ticket.id) }} className={css.whole}>
        #{ticket.id}
      </Link>
    )
  if (!release.tag) return <ImageName digest={release.digest} />
  return (
    <Link to="/p/$project/releases/$tag" params={{ project, tag: release.tag }} className={css.whole}>
      <ImageName tag={release.tag} digest={release.digest} />
    </Link>
  )
}

/** Why it is as it is; without a reason, how far it is or whom it waits for; when done, what it brought. */
function What({ ticket }: { ticket: Ticket }) {
  const { t } = useTranslation('releases')
  const { progress, release } = ticket
  let text = release?.commit_title || release?.ref || ''
  if (ticket.reason) text = sentence(ticket.reason)
  else if (ticket.cancel_requested_at && !isOver(ticket.status)) text = t('stopping')
  else if (ticket.status === 'running')
    text = t('step', { n: Math.min(progress.done + 1, progress.total), total: progress.total })
  else if (ticket.status === 'pending_approval')
    text = t('approvals', { given: ticket.approvals_given, count: ticket.approvals_needed })
  return (
    <span className={css.clamp} title={text}>
      {text || '—'}
    </span>
  )
}
