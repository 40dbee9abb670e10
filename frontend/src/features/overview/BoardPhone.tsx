/** The board on a phone: one environment per block, its clusters stacked. */
import { useTranslation } from 'react-i18next'
import { baselineOf, columnsOf, partsAt, type Row } from './board'
import { PartLink } from './BoardCell'
import { EnvironmentHead } from './EnvironmentHead'
import { VersusProduction } from './VersusProduction'
import css from './BoardPhone.module.css'

export function BoardPhone({ rows, project }: { rows: Row[]; project: string }) {
  const { t } = useTranslation('overview')
  const columns = columnsOf(rows)
  const baseline = baselineOf(rows)
  return (
    <div className={css.blocks}>
      {rows.map((row) => (
        <section key={row.environment.slug} className="card" aria-label={row.environment.name}>
          <div className={css.head}>
            <div className="grow">
              <EnvironmentHead row={row} />
            </div>
            <div className={css.versus}>
              <VersusProduction row={row} rows={rows} baseline={baseline} project={project} />
            </div>
          </div>
          {row.cells.length === 0 && <p className={`${css.cell} t3`}>{t('cell.nothing')}</p>}
          {columns.map((column) =>
            partsAt(row, column).map((part) => (
              <PartLink
                key={column.key + part.key}
                part={part}
                project={project}
                className={`${css.cell} ${part.note === 'silent' ? 'hatched' : ''}`}
                data-centre={column.title}
              />
            )),
          )}
        </section>
      ))}
    </div>
  )
}
