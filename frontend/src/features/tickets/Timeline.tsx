/** What happened, as one list with moments. Draws; `timeline.ts` composes. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ClockTime } from '@/components/Age'
import { nameOf } from '@/components/Person'
import { StatusIcon } from '@/components/Status'
import { Section } from '@/components/ticket/Section'
import type { Card } from '@/components/ticket/types'
import { commentsQuery, meQuery, releaseQuery, stepsQuery } from '@/lib/api/queries'
import { useEnvironmentWord } from '@/lib/environment'
import { sentence } from '@/lib/i18n'
import { dateOnly } from '@/lib/time'
import { useStepName } from './Plan'
import { timelineOf, type Happening } from './timeline'
import css from './tickets.module.css'

export function Timeline({ card }: { card: Card }) {
  const { t } = useTranslation('ticket')
  const zone = useQuery({ ...meQuery, enabled: false }).data?.time_zone
  const steps = useQuery(stepsQuery(card.id)).data?.results ?? []
  const comments = useQuery(commentsQuery(card.id)).data?.results ?? []
  const verdicts = useQuery(releaseQuery(card.release?.digest ? card.release.id : null)).data?.verdicts ?? []
  const days = new Map<string, Happening[]>()
  for (const one of timelineOf(card, steps, comments, verdicts)) {
    const day = dateOnly(one.at, zone)
    days.set(day, [...(days.get(day) ?? []), one])
  }
  return (
    <Section title={t('timeline')}>
      {[...days].map(([day, list]) => (
        <div key={day}>
          <h3 className={css.day}>{day}</h3>
          <ol className={css.timeline}>
            {list.map((one) => (
              <Entry key={one.id} one={one} />
            ))}
          </ol>
        </div>
      ))}
    </Section>
  )
}

function Entry({ one }: { one: Happening }) {
  const { t } = useTranslation('ticket')
  const { t: common } = useTranslation()
  const stepName = useStepName()
  const place = useEnvironmentWord()
  const step = one.step ? [stepName(one.step.name), one.step.target.split('/')[0]].filter(Boolean).join(' · ') : ''
  const params = {
    name: one.person ? nameOf(one.person) : '',
    step,
    environment: place(one.environment),
    status: one.ended ? common(`status.${one.ended}` as 'status.running', { defaultValue: one.ended }) : '',
  }
  return (
    <li className={css.entry} data-event={one.what}>
      <span className="t2 s12">
        <ClockTime at={one.at} seconds />
      </span>
      <StatusIcon status={one.status} size={14} />
      <span className="grow">
        <span>{t(`event.${one.what}`, params)}</span>
        {one.text && <q className={css.said}>{one.text}</q>}
        {one.reason && <span className={css.stepReason}>{sentence(one.reason)}</span>}
      </span>
    </li>
  )
}
