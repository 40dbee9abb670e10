/** A lost answer may have filed the form already: names that ticket, with the way to file what is typed now as another. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import css from './form.module.css'

type Props = { ticket: number; startAnew: () => void }

export function FiledBefore({ ticket, startAnew }: Props) {
  const { t } = useTranslation()
  return (
    <div className={css.strip} role="alert">
      <span>{t('filed_before')}</span>
      <Link to="/tickets/$id" params={{ id: String(ticket) }} className="link">
        #{ticket}
      </Link>
      <button type="button" className="link" onClick={startAnew}>
        {t('file_another')}
      </button>
    </div>
  )
}
