/** Sessions as rows, newest first: state, who, where, why, when, how it ended, its recording. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age, Took } from '@/components/Age'
import { Person } from '@/components/Person'
import { Status } from '@/components/Status'
import { SessionStatus } from '@/components/terminal/SessionStatus'
import type { Session } from '@/lib/api/terminals'
import { useSlugWord } from '@/lib/environment'
import { sentence } from '@/lib/i18n'
import css from './terminals.module.css'

export function SessionTable({ rows, project }: { rows: Session[]; project?: string }) {
  const { t } = useTranslation('terminals')
  return (
    <div className={css.frame}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{t('col.state')}</th>
            <th scope="col">{t('col.who')}</th>
            <th scope="col">{t('col.where')}</th>
            <th scope="col">{t('col.reason')}</th>
            <th scope="col">{t('col.when')}</th>
            <th scope="col">{t('col.took')}</th>
            <th scope="col">{t('col.end')}</th>
            <th scope="col">
              <span className="hidden-visually">{t('col.replay')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.id} row={row} project={project} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ row, project }: { row: Session; project?: string }) {
  const { t } = useTranslation('terminals')
  const word = useSlugWord()
  const from = row.first_used_at ?? row.opened_at
  return (
    <tr data-session={row.id}>
      <td>
        <Link to="/terminals/$id" params={{ id: String(row.id) }} className={css.rowLink}>
          <SessionStatus session={row} />
        </Link>
      </td>
      <td>
        <Person person={row.user} />
      </td>
      <td>
        {!project && (
          <Link to="/p/$project" params={{ project: row.project }} className="b5">
            {row.project}
          </Link>
        )}{' '}
        <span className="t2">{word(row.environment)}</span> <span className="mono t3">{row.cluster}</span>{' '}
        {row.is_break_glass && <Status status="failing" label={t('break_glass')} plain />}
      </td>
      <td className={css.aReason} title={row.reason}>
        {row.reason}
        {row.ticket_id !== null && (
          <>
            {' '}
            <Link to="/tickets/$id" params={{ id: String(row.ticket_id) }} className="link tnum">
              #{row.ticket_id}
            </Link>
          </>
        )}
      </td>
      <td className={`${css.when} t2`}>
        <Age at={row.created_at} />
      </td>
      <td className={`${css.when} t2`}>{from ? <Took from={from} to={row.ended_at} /> : '–'}</td>
      <td className={`${css.aEnd} t2`} title={row.end ? sentence(row.end) : undefined}>
        {row.end ? sentence(row.end) : '–'}
      </td>
      <td className={css.aDo}>
        {row.recording.bytes > 0 && !row.recording.deleted_at && row.state === 'ended' ? (
          <Link to="/terminals/$id/replay" params={{ id: String(row.id) }} className="link">
            {t('replay')}
          </Link>
        ) : (
          row.state !== 'ended' && (
            <Link to="/terminals/$id" params={{ id: String(row.id) }} className="link">
              {t('look')}
            </Link>
          )
        )}
      </td>
    </tr>
  )
}
