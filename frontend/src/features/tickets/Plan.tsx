/** The plan with how far it is: waves one below the other, the clusters of a wave side by side. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ClockTime, LiveAge, Took } from '@/components/Age'
import { RegionError } from '@/components/states'
import { StatusIcon } from '@/components/Status'
import { madeOf } from '@/components/ticket/access/made'
import { MadeWords } from '@/components/ticket/access/MadeWords'
import { CallbackSaid } from '@/components/ticket/CallbackSaid'
import { jobOf } from '@/components/ticket/job'
import { JobLog } from '@/components/ticket/JobLog'
import { Section } from '@/components/ticket/Section'
import { stepsQuery } from '@/lib/api/queries'
import { sentence } from '@/lib/i18n'
import { doneOf, planOf, type Step } from './plan'
import css from './tickets.module.css'

export function useStepName(): (name: string) => string {
  const { t } = useTranslation('ticket')
  return (name) => t(`step.${name}` as 'step.start', { defaultValue: name.replaceAll('_', ' ') })
}

function StepRow({ step }: { step: Step }) {
  const { t } = useTranslation('ticket')
  const { t: common } = useTranslation()
  const name = useStepName()
  const made = madeOf(step.output)
  const job = jobOf(step)
  const open = step.status === 'due' || step.status === 'waiting'
  const notes = [
    step.attempt > 1 ? t('attempt', { n: step.attempt }) : '',
    open && step.visits > 1 ? t('looks', { count: step.visits }) : '',
    step.troubles > 0 ? t('troubles', { count: step.troubles }) : '',
  ].filter(Boolean)
  return (
    <li className={css.step} data-step={step.name} data-status={step.status}>
      <StatusIcon status={step.status} size={14} />
      <span className="grow">
        <span className={step.status === 'planned' ? 't2' : undefined}>{name(step.name)}</span>
        <span className="hidden-visually">
          {' '}
          {common(`status.${step.status}` as 'status.running', { defaultValue: step.status })}
        </span>
        {notes.length > 0 && <span className="t2 s12"> {notes.join(t('comma'))}</span>}
        {step.reason && <span className={css.stepReason}>{sentence(step.reason)}</span>}
        {step.note && <span className="t2 s12">{sentence(step.note)}</span>}
        <CallbackSaid step={step} />
        {job && <JobLog run={job} open={step.status === 'failed'} />}
        {step.status === 'waiting' && step.due_at && step.troubles > 0 && (
          <span className="t2 s12">
            {t('next_look')} <ClockTime at={step.due_at} seconds />
          </span>
        )}
      </span>
      {made && <MadeWords made={made} />}
      {step.started_at && (
        <span className="t2 s12">
          <Took from={step.started_at} to={step.finished_at} />
        </span>
      )}
    </li>
  )
}

export function Plan({ ticketId }: { ticketId: number }) {
  const { t } = useTranslation('ticket')
  const query = useQuery(stepsQuery(ticketId))
  if (!query.data) return query.isError ? <RegionError error={query.error} retry={() => void query.refetch()} /> : null
  const steps = query.data.results
  return (
    <Section
      title={t('plan')}
      note={steps.length ? t('plan_of', doneOf(steps)) : ''}
      end={<LiveAge updatedAt={query.dataUpdatedAt} failed={query.isError} />}
    >
      {!steps.length && <p className="t2">{t('plan_none')}</p>}
      <ol className={css.plan}>
        {planOf(steps).map(({ wave, lanes }) => (
          <li key={wave} className={css.planWave}>
            <h3 className={css.planName}>{wave === 0 ? t('group.first') : t('group.wave', { n: wave })}</h3>
            <div className={css.lanes}>
              {lanes.map((lane) => (
                <div key={lane.target} className={css.lane}>
                  {lane.target && (
                    <h4 className="mono" title={lane.target}>
                      {lane.name}
                    </h4>
                  )}
                  <ul>
                    {lane.steps.map((step) => (
                      <StepRow key={step.id} step={step} />
                    ))}
                  </ul>
                </div>
              ))}
            </div>
          </li>
        ))}
      </ol>
    </Section>
  )
}
