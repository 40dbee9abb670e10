/** One row beside the table: why it belongs together, what else it could be, and its values to correct. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Loading, RegionError } from '@/components/states'
import { sentence } from '@/lib/i18n'
import { SideSheet } from '../parts/SideSheet'
import { isBusy, isOpen, type Intake, type Row } from './model'
import { rowQuery } from './queries'
import { RowForm } from './RowForm'
import css from '../Admin.module.css'
import own from './intake.module.css'

function Reasons({ row }: { row: Row }) {
  const { t } = useTranslation('intake')
  if (!row.why.length) return null
  return (
    <section className={css.blockFirst} aria-label={t('why')}>
      <h2 className={css.blockTitle}>{t('why')}</h2>
      <ul className={own.why}>
        {row.why.map((one, index) => (
          <li key={index}>{sentence(one)}</li>
        ))}
      </ul>
    </section>
  )
}

function Facts({ row }: { row: Row }) {
  const { t } = useTranslation('intake')
  const facts: [string, string][] = [
    [t('field.gitlab_path'), row.gitlab_path],
    [t('field.job'), row.job],
    [t('field.environments'), row.environments.join(', ')],
    [t('field.owners'), row.owners.join(', ')],
  ]
  return (
    <dl className={`${css.facts} ${css.fields}`}>
      {facts.map(([name, value]) => (
        <div key={name} className={own.fact}>
          <dt>{name}</dt>
          <dd>{value || '–'}</dd>
        </div>
      ))}
    </dl>
  )
}

export function RowSheet({ intake, id, onClose }: { intake: Intake; id: number; onClose: () => void }) {
  const { t } = useTranslation('intake')
  const found = useQuery(rowQuery(intake.id, id))
  const row = found.data
  const mayChange = row && isOpen(row) && !isBusy(intake)
  return (
    <SideSheet title={<span className="mono">{row?.slug || t('row_title')}</span>} onClose={onClose}>
      {found.isPending && (
        <div className={css.fields}>
          <Loading />
        </div>
      )}
      {found.isError && <RegionError error={found.error} retry={() => void found.refetch()} />}
      {row && (
        <>
          {row.error && (
            <p className={`${own.refusal} ${own.inSheet}`} role="alert">
              {sentence(row.error)}
            </p>
          )}
          <Reasons row={row} />
          {mayChange ? <RowForm intake={intake} row={row} /> : <Facts row={row} />}
        </>
      )}
    </SideSheet>
  )
}
