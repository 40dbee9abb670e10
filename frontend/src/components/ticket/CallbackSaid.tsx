/** What a project's receiver answered, as plain text. Draws only; nothing of another step. */
import { useTranslation } from 'react-i18next'
import { callbackOf } from './callback'
import css from './CallbackSaid.module.css'

export function CallbackSaid({ step }: { step: Parameters<typeof callbackOf>[0] }) {
  const { t } = useTranslation('ticket')
  const said = callbackOf(step)?.said
  if (!said) return null
  return (
    <pre className={css.said} role="group" aria-label={t('callback.said')} tabIndex={0}>
      {said}
    </pre>
  )
}
