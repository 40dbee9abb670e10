/** Jobs and how they stand to their template. A row opens what differs; a box takes its job into a re-sync. */
import { Link } from '@tanstack/react-router'
import { Checkbox } from 'antd'
import { useTranslation } from 'react-i18next'
import { StateMark } from '@/components/Status'
import { sentence } from '@/lib/i18n'
import { canResync, countOf, hueOfStanding, type JobDrift } from './drift'
import admin from '../Admin.module.css'
import css from './drift.module.css'

type Props = {
  language: string
  rows: readonly JobDrift[]
  opened: string | undefined
  chosen: ReadonlySet<string>
  /** absent: the reader may not file a re-sync */
  onChoose?: (project: string, isChosen: boolean) => void
}

function Row({ row, language, opened, chosen, onChoose }: Omit<Props, 'rows'> & { row: JobDrift }) {
  const { t } = useTranslation('templates')
  const count = countOf(row)
  const version = row.template_version === null ? '—' : `v${row.template_version}`
  return (
    <tr data-standing={row.standing} data-selected={row.project === opened || undefined}>
      {onChoose && (
        <td className={css.box}>
          {canResync(row) && (
            <Checkbox
              aria-label={t('choose', { project: row.project })}
              checked={chosen.has(row.project)}
              onChange={(event) => onChoose(row.project, event.target.checked)}
            />
          )}
        </td>
      )}
      <td className={css.job}>
        <Link
          to="/admin/languages"
          search={{ lang: language, kind: 'drift', job: row.project }}
          className={admin.rowLink}
          aria-current={row.project === opened || undefined}
          data-job={row.project}
          resetScroll={false}
        >
          {row.project}
        </Link>
        {row.problem && <span className={css.problem}>{sentence(row.problem)}</span>}
      </td>
      <td>
        <span className="row">
          <StateMark hue={hueOfStanding(row.standing)} />
          {t(`standing.${row.standing}`)}
        </span>
        {count > 0 && <span className={`t3 s12 ${css.onPhone}`}>{t('differences', { count })}</span>}
      </td>
      <td className={`tnum ${admin.medium}`}>
        {version}
        {row.template_version !== null && row.template_version < row.newest_version && (
          <span className="t3"> → v{row.newest_version}</span>
        )}
      </td>
      <td className={`${admin.medium} t2`}>{count > 0 ? t('differences', { count }) : '—'}</td>
      <td className={`${admin.wide} t2`}>{row.jenkins}</td>
    </tr>
  )
}

export function DriftTable(props: Props) {
  const { t } = useTranslation(['templates', 'admin'])
  return (
    <table className={admin.table}>
      <thead>
        <tr>
          {props.onChoose && (
            <th scope="col">
              <span className="hidden-visually">{t('chosen')}</span>
            </th>
          )}
          <th scope="col">{t('col.job')}</th>
          <th scope="col">{t('col.standing')}</th>
          <th scope="col" className={admin.medium}>
            {t('col.version')}
          </th>
          <th scope="col" className={admin.medium}>
            {t('col.differences')}
          </th>
          <th scope="col" className={admin.wide}>
            Jenkins
          </th>
        </tr>
      </thead>
      <tbody>
        {props.rows.map((row) => (
          <Row key={row.project} {...props} row={row} />
        ))}
      </tbody>
    </table>
  )
}
