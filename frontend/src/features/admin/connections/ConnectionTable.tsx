/** Outside systems of one kind as a table: address, whose secret since when, what the last test said. */
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Status } from '@/components/Status'
import { KINDS, type Kind, type Row } from './kinds'
import { useCheckName } from './Checklist'
import css from '../Admin.module.css'

export function LastCheck({ row }: { row: Row }) {
  const { t } = useTranslation('admin')
  const name = useCheckName()
  if (!row.last_check) return <span className="t3">{t('check.never')}</span>
  const red = row.last_check.checks.find((check) => check.outcome === 'failed')
  return (
    <span className="row">
      <Status
        status={row.last_check.ok ? 'passed' : 'failed'}
        label={t(row.last_check.ok ? 'check.ok' : 'check.failed')}
        plain
      />
      <span className="t3 s12 clip">
        {red ? <>{name(red.name)} · </> : null}
        <Age at={row.last_check.at} />
      </span>
    </span>
  )
}

export function ConnectionTable({ kind, rows, selected }: { kind: Kind; rows: Row[]; selected: string | undefined }) {
  const { t } = useTranslation('admin')
  const navigate = useNavigate()
  const open = (name: string) => void navigate({ to: '.', search: (old) => ({ ...old, edit: name, add: undefined }) })
  return (
    <table className={css.table}>
      <thead>
        <tr>
          <th scope="col">{t('connection.name')}</th>
          {kind === 'cluster' && (
            <th scope="col" className={css.medium}>
              {t('connection.data_centre')}
            </th>
          )}
          <th scope="col" className={css.medium}>
            {t('connection.url')}
          </th>
          {kind === 'cluster' && (
            <th scope="col" className={css.wide}>
              {t('connection.registry')}
            </th>
          )}
          <th scope="col">{t('check.last')}</th>
          {kind === 'cluster' && <th scope="col">{t('nodes')}</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={row.name}
            data-selected={row.name === selected || undefined}
            data-off={row.is_enabled === false || undefined}
          >
            <td>
              <button type="button" className={`${css.rowLink} ${css.plainButton}`} onClick={() => open(row.name)}>
                {row.name}
              </button>
              {row.is_enabled === false && (
                <>
                  {' '}
                  <Status status="off" label={t('connection.off')} plain />
                </>
              )}
            </td>
            {kind === 'cluster' && <td className={css.medium}>{row.data_centre || <span className="t3">–</span>}</td>}
            <td className={css.medium}>
              <span className="mono t2">{String(row[KINDS[kind].address] ?? '')}</span>
            </td>
            {kind === 'cluster' && <td className={css.wide}>{row.registry || <span className="t3">–</span>}</td>}
            <td>
              <LastCheck row={row} />
            </td>
            {kind === 'cluster' && (
              <td>
                <Link to="/admin/clusters/$cluster/nodes" params={{ cluster: row.name }} className="link">
                  {t('nodes.show')}
                  <span className="hidden-visually"> {row.name}</span>
                </Link>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
