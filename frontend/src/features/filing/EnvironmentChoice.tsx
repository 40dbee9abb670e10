/** Environments as radio cards, each with what runs there; one that is closed to the reader is text with the reason. */
import { Lock } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { ClockTime } from '@/components/Age'
import { ImageName } from '@/components/Image'
import { nameOf } from '@/components/Person'
import { Denied } from '@/components/states'
import type { Reason } from '@/lib/i18n'
import { Choice, Choices } from './FilingLayout'
import { runningDigests, runningImage, type BoardRow } from './logic'
import css from './filing.module.css'

export type Place = { row: BoardRow; denied?: Reason }
type Props = {
  label: string
  places: Place[]
  value: string | undefined
  onChoose: (slug: string) => void
  showApprovals?: boolean
}

export function EnvironmentChoice({ label, places, value, onChoose, showApprovals = false }: Props) {
  return (
    <Choices label={label}>
      {places.map(({ row, denied }) => {
        const { slug, name } = row.environment
        if (denied)
          return (
            <div key={slug} className={css.refused}>
              <span className="b5">{name}</span>
              <span className="s12">
                <Denied reason={denied} />
              </span>
            </div>
          )
        return (
          <Choice key={slug} name="environment" value={slug} checked={value === slug} onChoose={onChoose}>
            <PlaceBody row={row} showApprovals={showApprovals} />
          </Choice>
        )
      })}
    </Choices>
  )
}

function PlaceBody({ row, showApprovals }: { row: BoardRow; showApprovals: boolean }) {
  const { t } = useTranslation('filing')
  const image = runningImage(row)
  const clusters = [...new Set(row.cells.map((cell) => cell.cluster.name))]
  return (
    <>
      <span className={css.choiceTop}>
        <span className="b5">{row.environment.name}</span>
        <span className="t3 s12">{clusters.join(' · ')}</span>
        {showApprovals && row.approvals_needed > 0 && (
          <span className={css.choiceEnd}>{t('where.approvals', { count: row.approvals_needed })}</span>
        )}
      </span>
      <span className={css.choiceSub}>
        {image ? (
          <ImageName {...image} short size={14} />
        ) : runningDigests(row).size ? (
          t('where.several')
        ) : (
          t('where.nothing')
        )}
        {row.lock && (
          <span className="row" style={{ gap: 4 }}>
            <Lock size={12} aria-hidden />
            {row.lock.until ? (
              <span>
                {t('lock.until', { name: nameOf(row.lock.by) })} <ClockTime at={row.lock.until} />
              </span>
            ) : (
              t('lock.by', { name: nameOf(row.lock.by) })
            )}
          </span>
        )}
      </span>
    </>
  )
}
