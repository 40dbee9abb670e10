/** To what one can go back after this, in words. Draws the answer of `questions.ts`; opens nothing by itself. */
import { ShieldCheck, ShieldQuestionMark } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { ImageName } from '@/components/Image'
import { imageParts } from '@/lib/image'
import { duration } from '@/lib/time'
import type { Answer } from './questions'
import { useSay } from './say'
import { Section } from './Section'
import { cellOf, isWaiting, placesOf, type Facts } from './types'
import css from './ticket.module.css'

export function WayBack({ facts, answer }: { facts: Facts; answer: Answer | undefined }) {
  const { t } = useTranslation('ticket')
  const { t: common } = useTranslation()
  const say = useSay()
  const { card } = facts
  const environment = facts.environment.data
  if (!card.environment || !answer) return null
  const good = environment?.last_known_good
  const now = placesOf(card, environment)
    .map((place) => cellOf(environment, place))
    .find((cell) => cell?.image)
  const parts = now ? imageParts(now.image) : null
  const configures = card.kind === 'configure'
  const back = configures
    ? null
    : isWaiting(card.status)
      ? parts && { tag: parts.tag, digest: now?.digest }
      : good && { tag: good.release.tag, digest: good.release.digest }
  const Icon = answer.tone === 'ok' ? ShieldCheck : ShieldQuestionMark
  const text = configures
    ? [answer.detail ? `${say(answer.detail)}${t('full_stop')}` : '']
    : isWaiting(card.status)
      ? [t('back.runs_now'), answer.detail ? `${say(answer.detail)}${t('full_stop')}` : '']
      : [
          good ? t('back.last_good', { duration: duration(good.ran_seconds, common) }) : '',
          answer.tone === 'ok' || !answer.detail ? '' : `${say(answer.detail)}${t('full_stop')}`,
        ]
  return (
    <Section title={t('way_back')}>
      <div className={css.check}>
        <Icon size={16} aria-hidden className={`${css.icon} ${css[answer.tone]}`} />
        <span className={css.stack}>
          {back ? (
            <span className={css.old}>
              <ImageName tag={back.tag} digest={back.digest} />
            </span>
          ) : (
            <span className="b5">{say(answer.value)}</span>
          )}
          <span className="t2 s12">{text.filter(Boolean).join(t('sentence_space'))}</span>
        </span>
      </div>
    </Section>
  )
}
