/** What the bar says when there is nothing to press. */
import { Check, Lock } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { nameOf } from '@/components/Person'
import { Status } from '@/components/Status'
import { Denied } from '@/components/states'
import type { Bar } from './decision'
import type { Card } from './types'
import css from './bar.module.css'

export function BarSentence({ bar, card }: { bar: Bar; card: Card }) {
  const { t } = useTranslation('ticket')
  const names = card.who_may_decide.map(nameOf).join(t('list_comma'))
  const may = names ? t('these_may', { names }) : t('nobody_may')
  if (bar.kind === 'overtaken')
    return (
      <p className={css.sentence} role="status">
        <Check size={16} aria-hidden className="t2" />
        <span>
          {t(bar.by ? (bar.decision === 'reject' ? 'bar.they_rejected' : 'bar.they_approved') : 'bar.moved_on', {
            name: bar.by,
          })}
          {bar.at && (
            <>
              {' '}
              <Age at={bar.at} />
            </>
          )}
          {t('full_stop')}
        </span>
        <Status status={card.status} />
      </p>
    )
  if (bar.kind === 'mine')
    return (
      <p className={css.sentence} role="status">
        <Check size={16} aria-hidden className="t2" />
        <span>{bar.left ? t('bar.mine_left', { count: bar.left, names }) : t('bar.mine')}</span>
        <Status status={card.status} />
      </p>
    )
  if (bar.kind === 'own')
    return (
      <p className={css.sentence}>
        <Lock size={14} aria-hidden className="t3" />
        <span>
          {t(bar.filed ? 'bar.own' : 'bar.own_version')} <span className="t2">{may}</span>
        </span>
      </p>
    )
  if (bar.kind === 'denied')
    return (
      <Denied reason={card.rights.approve}>
        <span className="t2">{may}</span>
      </Denied>
    )
  return null
}
