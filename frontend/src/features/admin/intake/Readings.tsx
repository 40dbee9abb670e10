/** What was read of each outside system, why one was not, and what belongs to nothing. */
import { useTranslation } from 'react-i18next'
import { Status } from '@/components/Status'
import { sentence } from '@/lib/i18n'
import type { Intake } from './model'
import { READING_MARK } from './words'
import own from './intake.module.css'

const KINDS = ['gitlab', 'jenkins', 'cluster'] as const
const LEFT_OUT = ['jobs', 'deployments', 'repositories', 'rows'] as const

function LeftOut({ left }: { left: Intake['left_out'] }) {
  const { t } = useTranslation('intake')
  const kinds = LEFT_OUT.filter((kind) => (left[kind]?.count ?? 0) > 0)
  if (!kinds.length) return null
  return (
    <details className={own.leftOut}>
      <summary>{t('left_out')}</summary>
      <dl>
        {kinds.map((kind) => (
          <div key={kind}>
            <dt>{t(`left.${kind}`, { count: left[kind]?.count ?? 0 })}</dt>
            <dd className="mono">{left[kind]?.names.join(', ')}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

export function Readings({ intake }: { intake: Intake }) {
  const { t } = useTranslation('intake')
  if (!intake.readings.length) return null
  return (
    <section className={own.readings} aria-label={t('systems')}>
      <ul>
        {intake.readings.map((one) => {
          const kind = KINDS.find((known) => one.system.startsWith(known)) ?? 'cluster'
          return (
            <li key={one.system} className={own.reading}>
              <Status status={READING_MARK[one.state]} label={t(`reading.${one.state}`)} plain />
              <span className="mono">{one.name}</span>
              <span className="t2">
                {one.state === 'read' && t(`found.${kind}`, { count: one.count })}
                {one.state === 'read' && !one.is_complete && ` · ${t('more_than_read')}`}
              </span>
              {one.problem && <span className={own.problem}>{sentence(one.problem)}</span>}
            </li>
          )
        })}
      </ul>
      <LeftOut left={intake.left_out} />
    </section>
  )
}
