/** The board "what runs where": a grid the arrows move in. Knows no query; what it shows comes from `board.ts`. */
import { useRef, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { ClockTime } from '@/components/Age'
import { baselineOf, columnsOf, partsAt, stepsOf, type Column, type Row } from './board'
import { BoardCell } from './BoardCell'
import { EnvironmentHead } from './EnvironmentHead'
import { usePromote } from './usePromote'
import { VersusProduction } from './VersusProduction'
import css from './Board.module.css'

const MOVES: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}
/** Up to four clusters share the width; more of them scroll under the fixed first column. */
const FITTING = 4
const OUTER = 260

function ColumnHead({ column }: { column: Column }) {
  const { t } = useTranslation('overview')
  return (
    <th scope="col" className={`${css.cluster} ${column.isSilent ? 'hatched' : ''}`}>
      <span className="mono b5">{column.title}</span>
      {column.clusters.length > 1 && (
        <span className="t3"> {t('board.clusters', { count: column.clusters.length })}</span>
      )}
      {column.isSilent && column.seenAt && (
        <span className={css.silent}>
          <span className={css.words}>{t('board.state_at')} </span>
          <ClockTime at={column.seenAt} seconds />
        </span>
      )}
    </th>
  )
}

export function Board({ rows, project }: { rows: Row[]; project: string }) {
  const { t } = useTranslation('overview')
  const columns = columnsOf(rows)
  const baseline = baselineOf(rows)
  const [lit, setLit] = useState('')
  const [at, setAt] = useState<[number, number]>([0, 0])
  const [inside, setInside] = useState(false)
  const grid = useRef<HTMLTableElement>(null)
  const row = Math.min(at[0], rows.length - 1)
  const column = Math.min(at[1], columns.length - 1)
  const focused = inside ? rows[row] : undefined
  usePromote(project, focused ? stepsOf(focused, rows) : [], inside)

  const onKeyDown = (event: KeyboardEvent) => {
    const move = MOVES[event.key]
    if (!move || !(event.target instanceof HTMLElement) || !event.target.dataset.at) return
    event.preventDefault()
    const next: [number, number] = [
      Math.max(0, Math.min(rows.length - 1, row + move[0])),
      Math.max(0, Math.min(columns.length - 1, column + move[1])),
    ]
    setAt(next)
    grid.current?.querySelector<HTMLElement>(`[data-at="${next.join('-')}"]`)?.focus()
  }

  return (
    <div className={css.scroll}>
      <table
        ref={grid}
        role="grid"
        aria-label={t('board.title')}
        className={css.board}
        onKeyDown={onKeyDown}
        style={{ minWidth: OUTER + columns.length * (columns.length > FITTING ? 190 : 150) }}
        onFocus={(event) => setInside(Boolean((event.target as HTMLElement).dataset.at))}
        onBlur={() => setInside(false)}
      >
        <colgroup>
          <col className={css.first} />
          {columns.map(({ key }) => (
            <col key={key} />
          ))}
          <col className={css.last} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{t('board.environment')}</th>
            {columns.map((one) => (
              <ColumnHead key={one.key} column={one} />
            ))}
            <th scope="col">{baseline ? t('board.versus') : t('board.next')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((one, r) => (
            <tr
              key={one.environment.slug}
              className={one.environment.tier === 'production' ? css.production : undefined}
            >
              <th scope="row">
                <EnvironmentHead row={one} />
              </th>
              {columns.map((place, c) => (
                <BoardCell
                  key={place.key}
                  parts={partsAt(one, place)}
                  project={project}
                  lit={lit}
                  onLight={setLit}
                  at={`${r}-${c}`}
                  tabbed={r === row && c === column}
                  onEnter={() => setAt([r, c])}
                />
              ))}
              <td className={css.versus}>
                <VersusProduction row={one} rows={rows} baseline={baseline} project={project} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
