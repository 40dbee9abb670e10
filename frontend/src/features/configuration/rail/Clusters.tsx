/** What clusters say to it beside their changes: not asked, refused, fields that are somebody else's, and what to know. */
import { CircleX, CloudOff, Info, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { sentence } from '@/lib/i18n'
import type { ClusterPreview, Preview } from '../queries'
import css from './rail.module.css'

export const CONFLICT = 'kubernetes.apply_conflict'

type Owned = { field: string; manager: string }
/** The fields of others in a refusal, each with its owner. */
export function ownedIn(params: Record<string, unknown>): Owned[] {
  const rows: unknown[] = Array.isArray(params.conflicts) ? params.conflicts : []
  return rows.map((row) => {
    const { field, manager } = (row ?? {}) as Record<string, unknown>
    return { field: typeof field === 'string' ? field : '', manager: typeof manager === 'string' ? manager : '' }
  })
}

export const refusalsOf = (clusters: readonly ClusterPreview[]) =>
  clusters.flatMap((one) => [
    ...(one.refused ? [{ cluster: one.cluster, object: '', reason: one.refused }] : []),
    ...one.objects.flatMap(({ object, refused }) =>
      refused ? [{ cluster: one.cluster, object, reason: refused }] : [],
    ),
  ])

function Conflicts({ clusters }: { clusters: readonly ClusterPreview[] }) {
  const { t } = useTranslation('configuration')
  const rows = refusalsOf(clusters).filter(({ reason }) => reason.code === CONFLICT)
  return rows.map(({ cluster, object, reason }) => {
    const more = Number(reason.params.more ?? 0)
    return (
      <div key={`${cluster} ${object}`} className={css.conflict}>
        <p>
          <TriangleAlert size={14} aria-hidden />
          <span>{t('owned', { object, cluster })}</span>
        </p>
        <ul>
          {ownedIn(reason.params).map(({ field, manager }) => (
            <li key={`${manager} ${field}`}>
              <code>{field}</code> <span className="t2">{t('owned.by', { manager })}</span>
            </li>
          ))}
          {more > 0 && <li className="t2">{t('owned.more', { n: more })}</li>}
        </ul>
      </div>
    )
  })
}

type Props = { preview: Preview; takeOver: boolean; onTakeOver: (take: boolean) => void }

export function Clusters({ preview, takeOver, onTakeOver }: Props) {
  const { t } = useTranslation('configuration')
  const { clusters, left_out } = preview
  const refused = refusalsOf(clusters).filter(({ reason }) => reason.code !== CONFLICT)
  const owned = refusalsOf(clusters).some(({ reason }) => reason.code === CONFLICT)
  const silent = clusters.filter((one) => one.not_checked)
  const noted = clusters.filter((one) => one.note)
  const nothing = !refused.length && !owned && !takeOver && !silent.length && !noted.length && !left_out.length
  if (nothing && clusters.length) return null
  return (
    <section className={css.clusters} aria-label={t('clusters')} id="clusters" tabIndex={-1}>
      <ul className={css.notes}>
        {clusters.length === 0 && (
          <li className={css.note} data-tone="bad">
            <CircleX size={14} aria-hidden />
            <span>{t('no_cluster')}</span>
          </li>
        )}
        {refused.map(({ cluster, object, reason }) => (
          <li key={`${cluster} ${object}`} className={css.note} data-tone="bad">
            <CircleX size={14} aria-hidden />
            <span>
              <b className="b5">{[cluster, object].filter(Boolean).join(' · ')}</b> {sentence(reason)}
            </span>
          </li>
        ))}
        {silent.map(({ cluster, not_checked }) => (
          <li key={cluster} className={css.note} data-tone="odd">
            <CloudOff size={14} aria-hidden />
            <span>
              {t('not_checked', { cluster })} {not_checked && sentence(not_checked)}
            </span>
          </li>
        ))}
        {noted.map(({ cluster, note }) => (
          <li key={cluster} className={css.note}>
            <Info size={14} aria-hidden />
            <span>{note && sentence(note)}</span>
          </li>
        ))}
        {left_out.length > 0 && (
          <li className={css.note}>
            <Info size={14} aria-hidden />
            <span>{t('left_out', { clusters: left_out.join(t('list_comma')) })}</span>
          </li>
        )}
      </ul>
      <Conflicts clusters={clusters} />
      {(owned || takeOver) && (
        <label className={css.takeOver}>
          <input type="checkbox" checked={takeOver} onChange={(event) => onTakeOver(event.target.checked)} />
          <span>
            {t('take_over')} <span className="t2 s12">{t('take_over.help')}</span>
          </span>
        </label>
      )}
    </section>
  )
}
