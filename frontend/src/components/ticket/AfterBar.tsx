/** Under the card of something that went wrong: retry it, or go back. Absent when neither can be done. */
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { KeyButton } from '@/components/Key'
import { sentence } from '@/lib/i18n'
import { asApiError } from '@/lib/api/errors'
import type { Card } from './types'
import { hasTouched, useRetry } from './useRetry'
import css from './bar.module.css'

export function AfterBar({ card }: { card: Card }) {
  const { t } = useTranslation('ticket')
  const navigate = useNavigate()
  const retry = useRetry(card.id)
  const wrong = card.status === 'failed' || card.status === 'errored'
  const environment = card.environment?.slug
  const mayGoBack = wrong && environment !== undefined && hasTouched(card)
  if (!wrong || (!card.rights.retry.allowed && !mayGoBack)) return null
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
          {mayGoBack && (
            <KeyButton
              shortcut="b"
              onPress={() =>
                void navigate({
                  to: '/p/$project/rollback',
                  params: { project: card.project.slug },
                  search: { env: environment },
                })
              }
            >
              {t('roll_back')}
            </KeyButton>
          )}
          {card.rights.retry.allowed && (
            <KeyButton type="primary" shortcut="r" onPress={() => retry.mutate()} loading={retry.isPending}>
              {t('retry')}
            </KeyButton>
          )}
        </div>
      </div>
    </div>
  )
}
