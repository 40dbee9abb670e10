/** A path that leads nowhere. Says nothing about what might exist. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { PageTitle } from '@/components/Page'
import css from './frame/Frame.module.css'

export function NotFound() {
  const { t } = useTranslation('frame')
  return (
    <div className={css.nowhere}>
      <PageTitle title={t('missing.title')} />
      <p className="t2">{t('missing.lead')}</p>
      <Link to="/" className="link">
        {t('missing.home')}
      </Link>
    </div>
  )
}
