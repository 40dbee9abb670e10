/** Under the card of something that went wrong: retry it, or go back. Absent when neither can be done. */
import { useTranslation } from 'react-i18next'
import { sentence } from '@/lib/i18n'
import { asApiError } from '@/lib/api/errors'
import { AfterButtons, placeToGoBack } from './AfterButtons'
import type { Card } from './types'
import { useRetry } from './useRetry'
import css from './bar.module.css'

export function AfterBar({ card }: { card: Card }) {
  const { t } = useTranslation('ticket')
  const retry = useRetry(card.id)
  const wrong = card.status === 'failed' || card.status === 'errored'
  if (!wrong || (!card.rights.retry.allowed && !placeToGoBack(card))) return null
  return (
    <div className={css.sticky}>
      {retry.error && (
        <p className={css.error} role="alert">
          {sentence(asApiError(retry.error))}
        </p>
      )}
      <div className={css.bar}>
        <span className="grow t2">{card.rights.retry.allowed ? t('retry_means') : sentence(card.rights.retry)}</span>
        <div className={css.buttons}>
          <AfterButtons card={card} retry={retry} />
        </div>
      </div>
    </div>
  )
}
