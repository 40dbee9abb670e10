/** What deserves a look: hand-made changes, silent clusters, pods that are not ready, an image that is gone. Only what is known. */
import { Link } from '@tanstack/react-router'
import { CloudOff, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ClockTime } from '@/components/Age'
import { useEnvironmentWord } from '@/lib/environment'
import { shortDigest } from '@/lib/glyph'
import { sentence } from '@/lib/i18n'
import { noteOf, type Cell, type Row } from './board'
import css from './Overview.module.css'

const where = (cell: Cell) => cell.cluster.data_centre || cell.cluster.name

function Look({ odd = false, title, children }: { odd?: boolean; title: string; children: ReactNode }) {
  const Icon = odd ? CloudOff : TriangleAlert
  return (
    <li className={css.look}>
      <Icon size={15} aria-hidden className={odd ? css.oddText : css.waitText} />
      <div>
        <p>{title}</p>
        <p className="t2 s12">{children}</p>
      </div>
    </li>
  )
}

function useLooks(rows: Row[]) {
  const word = useEnvironmentWord()
  const { t } = useTranslation('overview')
  const looks: ReactNode[] = []
  const silent = new Set<string>()
  for (const row of rows) {
    const environment = word(row.environment)
    for (const cell of row.cells) {
      const key = `${row.environment.slug}-${cell.workload.id}`
      const note = noteOf(cell, row)
      if (cell.cluster.is_silent && !silent.has(cell.cluster.name)) {
        silent.add(cell.cluster.name)
        looks.push(
          <Look key={`silent-${cell.cluster.name}`} odd title={t('look.silent', { where: where(cell) })}>
            {cell.cluster.seen_at && (
              <>
                {t('look.shown')} <ClockTime at={cell.cluster.seen_at} seconds />.{' '}
              </>
            )}
            {cell.cluster.trouble && sentence(cell.cluster.trouble)}
          </Look>,
        )
      }
      if (note === 'drifted') {
        looks.push(
          <Look key={`drift-${key}`} title={t('look.drifted', { where: where(cell), environment })}>
            {t('look.image')}{' '}
            <span className="mono">
              {shortDigest(cell.expected_digest)} → {shortDigest(cell.digest)}
            </span>{' '}
            {cell.last_rollout && (
              <Link to="/tickets/$id" params={{ id: String(cell.last_rollout.ticket) }} className="link">
                {t('look.ticket', { id: cell.last_rollout.ticket })}
              </Link>
            )}
          </Look>,
        )
      }
      if (note === 'not_ready')
        looks.push(
          <Look key={`ready-${key}`} title={t('look.not_ready', { where: where(cell), environment })}>
            {t('look.ready', { ready: cell.ready, total: cell.total })}
          </Look>,
        )
      if (note === 'gone')
        looks.push(
          <Look key={`gone-${key}`} title={t('look.gone', { where: where(cell), environment })}>
            {t('look.deployment')}{' '}
            <span className="mono">
              {cell.namespace}/{cell.workload.deployment}
            </span>
          </Look>,
        )
    }
    if (row.last_known_good?.image_known_present === false) {
      looks.push(
        <Look key={`image-${row.environment.slug}`} title={t('look.image_missing', { environment })}>
          <span className="mono">{row.last_known_good.release.tag}</span>
        </Look>,
      )
    }
  }
  return looks
}

export function NeedsALook({ rows }: { rows: Row[] }) {
  const { t } = useTranslation('overview')
  const looks = useLooks(rows)
  return (
    <section className="card" aria-labelledby="look">
      <div className={css.cardHead}>
        <h2 id="look">{t('look.title')}</h2>
      </div>
      <div className={css.cardBody}>
        {looks.length ? <ul className={css.looks}>{looks}</ul> : <p className="t2">{t('look.nothing')}</p>}
      </div>
    </section>
  )
}
