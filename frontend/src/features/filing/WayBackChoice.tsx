/** Where to go back to: the last known good first, with what makes it good; then every other version that ran there. */
import { useQuery } from '@tanstack/react-query'
import { ShieldCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { ImageName } from '@/components/Image'
import type { Schemas } from '@/lib/api/client'
import { presenceQuery } from '@/lib/api/queries'
import { useEnvironmentWord } from '@/lib/environment'
import { duration } from '@/lib/time'
import { Choice, Choices } from './FilingLayout'
import type { Release } from './logic'
import { nameOfVersion } from './VersionChoice'
import { VersionBody } from './VersionBody'
import type { BoardRow } from './logic'
import css from './filing.module.css'

type Props = {
  row: BoardRow
  rows: BoardRow[]
  earlier: Release[]
  value: string | undefined
  onChoose: (version: string) => void
}

export function WayBackChoice({ row, rows, earlier, value, onChoose }: Props) {
  const word = useEnvironmentWord()
  const { t } = useTranslation('filing')
  const good = row.last_known_good
  const names = new Map(rows.map((one) => [one.environment.slug, word(one.environment)]))
  const asksAgain = row.environment.tier === 'production' && row.approvals_needed > 0
  if (!good && !earlier.length) return <p className="t2">{t('rollback.no_earlier')}</p>
  return (
    <Choices label={t('rollback.to')}>
      {good && (
        <Choice
          name="version"
          value={good.release.tag || good.release.digest}
          checked={value === (good.release.tag || good.release.digest)}
          onChoose={onChoose}
        >
          <Good good={good} />
        </Choice>
      )}
      {earlier.map((release) => (
        <Choice
          key={release.id}
          name="version"
          value={nameOfVersion(release)}
          checked={value === nameOfVersion(release)}
          onChoose={onChoose}
        >
          <VersionBody release={release} runsIn={[]} nameOfEnvironment={(slug) => names.get(slug) ?? slug} />
          {asksAgain && <span className={css.choiceSub}>{t('rollback.approved')}</span>}
        </Choice>
      ))}
    </Choices>
  )
}

function Good({ good }: { good: Schemas['WayBack'] }) {
  const { t } = useTranslation('filing')
  const { t: common } = useTranslation()
  return (
    <>
      <span className={css.choiceTop}>
        <ImageName tag={good.release.tag} digest={good.release.digest} />
        <span className={css.passed}>
          <ShieldCheck size={14} aria-hidden />
          <span className="s12 b5">{t('rollback.good')}</span>
        </span>
        {good.until && (
          <span className={css.choiceEnd}>
            {t('rollback.ran_until')} <Age at={good.until} />
          </span>
        )}
      </span>
      <span className="clip">
        {good.release.commit_title || (good.release.is_built_here ? good.release.ref : t('version.not_built_here'))}
      </span>
      <span className={css.choiceSub}>
        <span>{t('rollback.ran_for', { time: duration(good.ran_seconds, common) })}</span>
        <Present releaseId={good.release.id} />
      </span>
    </>
  )
}

function Present({ releaseId }: { releaseId: number }) {
  const { t } = useTranslation('filing')
  const { data } = useQuery(presenceQuery(releaseId))
  if (!data) return null
  if (data.present === false) return <span className={css.bad}>{t('rollback.image_gone')}</span>
  if (data.present === null) return <span className={css.odd}>{t('rollback.image_unknown')}</span>
  const there = data.registries.filter((one) => one.present)
  return (
    <span>
      {t('rollback.image_present', {
        registries: there
          .map((one) => (one.clusters.length ? one.clusters.join(' · ') : one.registry))
          .join(t('comma')),
      })}
    </span>
  )
}
