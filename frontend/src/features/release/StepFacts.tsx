/** The selected step in figures: each target's status, attempt, tries, times and what it reported. Data as given. */
import { X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { ClockTime, Took } from '@/components/Age'
import { ImageName } from '@/components/Image'
import { Status } from '@/components/Status'
import { CallbackSaid } from '@/components/ticket/CallbackSaid'
import { jobOf } from '@/components/ticket/job'
import { JobLog } from '@/components/ticket/JobLog'
import type { Schemas } from '@/lib/api/client'
import { sentence } from '@/lib/i18n'
import { tagOfImage } from '@/lib/image'
import type { Row } from './progress'
import css from './Steps.module.css'

export function StepFacts({
  row,
  rollouts,
  onClose,
}: {
  row: Row
  rollouts: Schemas['TicketRollout'][]
  onClose: () => void
}) {
  const { t } = useTranslation('release')
  return (
    <section className={css.facts} aria-label={t(`step.${row.name}` as 'step.create_tag', { defaultValue: row.name })}>
      <button type="button" className={css.factsClose} onClick={onClose} aria-label={t('facts.close')}>
        <X size={14} aria-hidden />
      </button>
      {row.steps.map((step) => {
        const job = jobOf(step)
        const rollout = rollouts.find((one) => `${one.cluster}/${one.workload}` === step.target)
        return (
          <div key={step.id} className={css.fact}>
            <div className="row">
              <strong className="b5">
                {step.target || t(`step.${step.name}` as 'step.create_tag', { defaultValue: step.name })}
              </strong>
              <Status status={step.status} plain />
              {step.attempt > 1 && <span className="t2">{t('facts.attempt', { n: step.attempt })}</span>}
              {step.started_at && (
                <span className="t2">
                  <ClockTime at={step.started_at} seconds /> · <Took from={step.started_at} to={step.finished_at} />
                </span>
              )}
            </div>
            {step.reason && <p>{sentence(step.reason)}</p>}
            {step.note && <p className="t2">{sentence(step.note)}</p>}
            <CallbackSaid step={step} />
            {job && <JobLog run={job} open={step.status === 'failed'} />}
            {rollout && (step.name === 'patch_image' || step.name === 'await_rollout') && (
              <p className={css.images}>
                <ImageName tag={tagOfImage(rollout.from_image)} digest={rollout.from_digest} />
                <span aria-hidden>→</span>
                <ImageName tag={tagOfImage(rollout.to_image)} digest={rollout.to_digest} />
              </p>
            )}
          </div>
        )
      })}
    </section>
  )
}
