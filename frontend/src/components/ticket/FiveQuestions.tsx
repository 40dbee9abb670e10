/** The strip of five questions. Draws answers; `questions.ts` finds them. */
import { ChevronRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { AnswerStrip } from './AnswerStrip'
import type { Answer } from './questions'
import { useSay } from './say'
import { ToneIcon } from './ToneIcon'
import css from './ticket.module.css'

export function FiveQuestions({ answers }: { answers: Answer[] }) {
  const { t } = useTranslation('ticket')
  const say = useSay()
  const told = answers.map(({ name, tone, value, detail }) => ({
    name,
    tone,
    question: t(`question.${name}`),
    value: say(value),
    detail: say(detail),
  }))
  return <AnswerStrip answers={told} />
}

/** On a phone each question is a row that opens its sheet. */
export function QuestionRows({ answers, open }: { answers: Answer[]; open: (name: Answer['name']) => void }) {
  const { t } = useTranslation('ticket')
  const say = useSay()
  return (
    <ul className={css.rows} aria-label={t('questions')}>
      {answers.map((answer) => (
        <li key={answer.name}>
          <button type="button" className={css.questionRow} onClick={() => open(answer.name)}>
            <ToneIcon tone={answer.tone} size={20} />
            <span className="grow">
              <span className={css.rowQuestion}>{t(`question.${answer.name}`)}</span>
              <span className={css.rowValue}>{say(answer.value)}</span>
              <span className={css.rowDetail}>{say(answer.detail)}</span>
            </span>
            <ChevronRight size={20} aria-hidden className={css.chevron} />
          </button>
        </li>
      ))}
    </ul>
  )
}
