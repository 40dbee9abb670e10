/** The phone's navigation: five targets under the thumb. */
import { Link } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { MeMenu } from './MeMenu'
import { usePlaces } from './nav'
import { overlay } from './overlays'
import css from './BottomBar.module.css'

export function BottomBar() {
  const { t } = useTranslation('frame')
  const main = usePlaces().main.filter((place) => !place.isWide)
  return (
    <nav className={css.bar} aria-label={t('nav.main')}>
      {main.map(({ to, label, Icon, count }) => (
        <Link key={to} to={to} className={css.item} {...(to === '/projects' ? { 'data-covers': 'projects' } : {})}>
          <span className={css.icon}>
            <Icon size={20} strokeWidth={1.8} aria-hidden />
            {count ? <span className={css.count}>{count}</span> : null}
          </span>
          <span>{label}</span>
        </Link>
      ))}
      <button type="button" className={css.item} onClick={() => overlay.set('palette')}>
        <Search size={20} strokeWidth={1.8} aria-hidden />
        <span>{t('nav.search')}</span>
      </button>
      <MeMenu bar />
    </nav>
  )
}
