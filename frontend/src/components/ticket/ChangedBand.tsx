/** The change moved under the reader's eyes: what moved, from which fingerprint to which. */
import { ArrowRight, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Fingerprint } from '@/components/Fingerprint'
import { DiffBlocks } from './ChangeDiff'
import type { DiffGroup } from './diff'
import { targetsOf, type Card } from './types'
import css from './bar.module.css'

export function ChangedBand({
  card,
  old,
  groups,
  voided,
}: {
  card: Card
  old: string
  groups: DiffGroup[]
  voided: string[]
}) {
  const { t } = useTranslation('ticket')
  const lines = groups.reduce((sum, group) => sum + group.lines.length, 0)
  return (
    <div className={css.band} role="alert" data-band>
      <div className={css.bandHead}>
        <TriangleAlert size={16} aria-hidden className={css.bandIcon} />
        <div className="grow">
          <div className="b5">
            {voided.length ? t('band.not_what', { names: voided.join(t('list_comma')) }) : t('band.changed')}
          </div>
          <div className="t2 s12">
            {[t('band.lines', { count: lines }), voided.length ? t('band.asked_again') : t('band.look')].join(
              t('sentence_space'),
            )}
          </div>
        </div>
        <span className={css.prints}>
          <Fingerprint value={old} struck />
          <ArrowRight size={14} aria-hidden className="t3" />
          <Fingerprint value={card.fingerprint} />
        </span>
      </div>
      {groups.length > 0 && <DiffBlocks groups={groups} total={targetsOf(card.change).length} />}
    </div>
  )
}
