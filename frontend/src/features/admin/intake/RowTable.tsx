/** The rows as a table: what would be made, bound and adopted of each, how sure that is, and how it went. */
import { Link } from '@tanstack/react-router'
import { CircleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Status } from '@/components/Status'
import { fieldSentence } from '@/lib/i18n'
import { hasProblems, isOpen, MARK, type Row } from './model'
import css from '../Admin.module.css'
import own from './intake.module.css'

type Props = { rows: Row[]; selected: number | undefined; isBusy: boolean; onTick: (id: number) => void }

function Trouble({ row }: { row: Row }) {
  const { t } = useTranslation('intake')
  const first = Object.values(row.problems ?? {})
    .flat()
    .find((one) => one !== undefined)
  const said = row.error ?? (isOpen(row) ? first : undefined)
  if (!said) return null
  const more = row.error ? 0 : Object.values(row.problems ?? {}).flat().length - 1
  return (
    <span className={own.problem}>
      <CircleAlert size={13} aria-hidden /> {fieldSentence(said)}
      {more > 0 && ` ${t('and_more', { count: more })}`}
    </span>
  )
}

function Places({ row }: { row: Row }) {
  const { t } = useTranslation('intake')
  if (!row.workloads.length) return <span className="t3">{t('no_workloads')}</span>
  return (
    <ul className={own.places}>
      {row.workloads.map((one) => (
        <li key={`${one.environment}/${one.cluster}/${one.deployment}`}>
          {one.environment} <span className="t3">{one.cluster}</span>
        </li>
      ))}
    </ul>
  )
}

function RowLine({
  row,
  selected,
  isBusy,
  onTick,
}: Omit<Props, 'rows' | 'selected'> & { row: Row; selected: boolean }) {
  const { t } = useTranslation('intake')
  const name = row.slug || t('unnamed', { number: row.number })
  const mark = row.is_working ? 'running' : MARK[row.state]
  return (
    <tr data-selected={selected || undefined} data-off={row.state === 'exists' || undefined}>
      <td className={own.tick}>
        {isOpen(row) && (
          <label className={own.tickTarget}>
            <input
              type="checkbox"
              checked={row.is_ticked}
              disabled={isBusy || hasProblems(row)}
              onChange={() => onTick(row.id)}
              aria-label={t('tick', { name })}
            />
          </label>
        )}
      </td>
      <td className={own.what}>
        <Link
          from="/admin/intake"
          to="/admin/intake"
          search={(old) => ({ ...old, row: row.id })}
          className={css.rowLink}
          data-row={row.id}
          aria-current={selected || undefined}
          resetScroll={false}
        >
          {name}
        </Link>
        <div className="t3 s12">{row.language || t('no_language')}</div>
        <div className={own.small}>
          <span className="mono">{row.gitlab_path || '–'}</span>
        </div>
        <Trouble row={row} />
      </td>
      <td className={css.medium}>
        <div className={`mono ${own.long}`}>{row.gitlab_path || '–'}</div>
        <div className={`t3 s12 ${own.long}`}>{row.job ? t('job_named', { job: row.job }) : t('no_job')}</div>
      </td>
      <td className={css.wide}>
        <Places row={row} />
      </td>
      <td className={css.medium}>{t(`sure.${row.confidence}`)}</td>
      <td>
        <Status status={mark} label={row.is_working ? t('row.working') : t(`row.${row.state}`)} plain />
        {row.project && (
          <Link to="/p/$project" params={{ project: row.project.slug }} className={`link s12 ${own.made}`}>
            {row.project.slug}
          </Link>
        )}
      </td>
    </tr>
  )
}

export function RowTable({ rows, selected, isBusy, onTick }: Props) {
  const { t } = useTranslation('intake')
  return (
    <table className={css.table}>
      <thead>
        <tr>
          <th scope="col" className={own.tick}>
            <span className="hidden-visually">{t('ticks')}</span>
          </th>
          <th scope="col">{t('project')}</th>
          <th scope="col" className={css.medium}>
            {t('bound')}
          </th>
          <th scope="col" className={css.wide}>
            {t('adopted')}
          </th>
          <th scope="col" className={css.medium}>
            {t('confidence')}
          </th>
          <th scope="col">{t('state')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <RowLine key={row.id} row={row} selected={row.id === selected} isBusy={isBusy} onTick={onTick} />
        ))}
      </tbody>
    </table>
  )
}
