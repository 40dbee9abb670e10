/** How far a batch is, in one line with a bar; announced politely, for the numbers change while one looks. */
import { useTranslation } from 'react-i18next'
import { Status } from '@/components/Status'
import { sentence } from '@/lib/i18n'
import { progressOf, type Intake } from './model'
import { BATCH_MARK } from './words'
import own from './intake.module.css'

export function Progress({ intake }: { intake: Intake }) {
  const { t } = useTranslation('intake')
  const { counts } = intake
  const { done, of } = progressOf(intake)
  const read = intake.readings.filter(({ state }) => state !== 'waiting').length
  const isReading = intake.state === 'reading'
  return (
    <section className={own.progress} aria-label={t('progress')}>
      <Status status={BATCH_MARK[intake.state]} label={t(`batch.${intake.state}`)} />
      <span className="tnum" role="status">
        {isReading
          ? t('read_of', { done: read, count: intake.readings.length })
          : intake.state === 'taking'
            ? t('taking_of', { done, count: of })
            : t('counts', { rows: counts.rows, taken: counts.taken, exists: counts.exists })}
        {counts.failed > 0 && <span className={own.failed}> · {t('failed', { count: counts.failed })}</span>}
      </span>
      {(isReading || intake.state === 'taking') && (
        <progress
          className={own.bar}
          aria-label={t('progress')}
          value={isReading ? read : done}
          max={Math.max(1, isReading ? intake.readings.length : of)}
        />
      )}
      {intake.halted && (
        <p className={own.refusal} role="alert">
          {sentence(intake.halted)}
        </p>
      )}
    </section>
  )
}
