/** Things the portal made or found for a project: what, where, how it stands, with a link. Draws rows only. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { ToneIcon } from '@/components/ticket/ToneIcon'
import type { Tone } from '@/components/ticket/types'
import type { Provision } from '@/lib/api/access'
import { sentence } from '@/lib/i18n'
import { isWebAddress } from '@/lib/web'
import css from '../Settings.module.css'
import own from './provisions.module.css'

const TONES: Record<Provision['state'], Tone> = { created: 'ok', adopted: 'ok', removed: 'off', kept: 'warn' }

export function ProvisionTable({ rows, label }: { rows: Provision[]; label: string }) {
  const { t } = useTranslation('access')
  return (
    <div className={`card ${css.tableBox}`} tabIndex={0} role="group" aria-label={label}>
      <table className={`${css.table} ${own.table}`}>
        <thead>
          <tr>
            <th scope="col">{t('col.what')}</th>
            <th scope="col">{t('col.where')}</th>
            <th scope="col">{t('col.state')}</th>
            <th scope="col">{t('col.ticket')}</th>
            <th scope="col">{t('col.since')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} data-provision={row.id}>
              <th scope="row">{t(`what.${row.what}`)}</th>
              <td className={own.where}>
                {isWebAddress(row.link) ? (
                  <a href={row.link} target="_blank" rel="noreferrer" className="link">
                    {row.target}
                  </a>
                ) : (
                  row.target
                )}{' '}
                {row.name && <span className="t3 s12">{row.name}</span>}
              </td>
              <td>
                <span className={own.state}>
                  <ToneIcon tone={TONES[row.state]} size={14} />
                  {t(`did.${row.state}`)}
                </span>
                {row.reason && <div className="t2 s12">{sentence(row.reason)}</div>}
                {row.last_event_at && (
                  <div className="t2 s12">
                    {t('last_event', { event: row.last_event })} <Age at={row.last_event_at} />
                  </div>
                )}
              </td>
              <td>
                <Link to="/tickets/$id" params={{ id: String(row.ticket) }} className="link tnum">
                  #{row.ticket}
                </Link>
              </td>
              <td className="t2">
                <Age at={row.removed_at ?? row.created_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
