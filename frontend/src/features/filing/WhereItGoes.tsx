/** The change of a preview: from which image to which, and through which clusters in waves. */
import { useTranslation } from 'react-i18next'
import { FromTo, WavesBox, type WavePlace } from '@/components/Waves'
import { sentence } from '@/lib/i18n'
import { objectGroups } from '@/components/ticket/diff'
import { DiffBlocks } from '@/components/ticket/ChangeDiff'
import { groupChanges, type Change } from './logic'
import css from './filing.module.css'

export function WhereItGoes({ changes, pattern }: { changes: Change[]; pattern: string }) {
  const { t } = useTranslation('filing')
  if (!changes.length) return null
  const objects = objectGroups(changes)
  const pods = changes.reduce((sum, change) => sum + (change.replicas ?? 0), 0)
  const place = (target: Change): WavePlace => ({
    key: `${target.cluster}/${target.namespace}/${target.deployment}`,
    wave: target.wave,
    label: t('where.wave', { n: target.wave }),
    cluster: target.cluster,
    note: <Note target={target} />,
    title: `${target.namespace} / ${target.deployment}`,
  })
  return (
    <section className={css.block}>
      <div className={css.blockHead}>
        <h2>{t('where.title')}</h2>
        <span className="t3 s12">{t('where.summary', { count: changes.length, pods })}</span>
      </div>
      {groupChanges(changes).map((group, index) => (
        <WavesBox
          key={index}
          places={group.targets.map(place)}
          head={
            <FromTo from={[group.before]} to={group.isPattern ? <NewImage pattern={pattern} /> : group.after} short />
          }
        />
      ))}
      {objects.length > 0 && <DiffBlocks groups={objects} total={changes.length} />}
    </section>
  )
}

function NewImage({ pattern }: { pattern: string }) {
  return (
    <span className="row">
      <span className={css.noGlyph} aria-hidden />
      <span className={css.sha}>{pattern}</span>
    </span>
  )
}

function Note({ target }: { target: Change }) {
  const { t } = useTranslation('filing')
  const trouble = target.refused ?? target.not_checked
  if (trouble) return <span className={target.refused ? css.bad : css.odd}>{sentence(trouble)}</span>
  if (target.will_be_made) return t('where.will_be_made')
  return target.replicas !== null ? t('where.pods', { count: target.replicas }) : target.namespace
}
