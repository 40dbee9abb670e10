/** Toasts, bottom left: what happened out of sight, with a way there or back. Never errors. */
import { X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { dismiss, toasts } from '@/components/notify'
import { useStore } from '@/lib/store'
import css from './Toasts.module.css'

export function Toasts() {
  const { t } = useTranslation()
  const list = useStore(toasts)
  return (
    <div className={css.toasts} role="status">
      {list.map(({ id, text, action }) => (
        <div key={id} className={css.toast}>
          <span className="grow">{text}</span>
          {action && (
            <button
              type="button"
              className={css.action}
              onClick={() => {
                dismiss(id)
                action.run()
              }}
            >
              {action.label}
            </button>
          )}
          <button type="button" className={css.close} onClick={() => dismiss(id)} aria-label={t('close')}>
            <X size={14} aria-hidden />
          </button>
        </div>
      ))}
    </div>
  )
}
