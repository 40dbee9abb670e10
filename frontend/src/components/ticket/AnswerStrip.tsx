/** Questions with their answers in a strip, on a phone one below the other. Draws; what is asked and answered each card knows. */
import { useTranslation } from 'react-i18next'
import type { Tone } from './types'
import { ToneIcon } from './ToneIcon'
import css from './ticket.module.css'
import rows from './rows.module.css'

export type Answered = { name: string; tone: Tone; question: string; value: string; detail: string }

export function AnswerStrip({ answers, asRows = false }: { answers: Answered[]; asRows?: boolean }) {
  const { t } = useTranslation('ticket')
  return (
    <dl className={asRows ? rows.rows : css.strip} aria-label={t('questions')}>
      {answers.map(({ name, tone, question, value, detail }) => (
        <div key={name} className={asRows ? rows.row : css.cell} data-question={name} data-tone={tone}>
          <dt>{question}</dt>
          <dd className={css.value} title={value}>
            <ToneIcon tone={tone} />
            <span className="clip">{value}</span>
          </dd>
          <dd className={css.detail} title={detail}>
            {detail}
          </dd>
        </div>
      ))}
    </dl>
  )
}
