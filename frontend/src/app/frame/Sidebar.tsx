/** The sidebar: where one can go, what one pinned, who one is. 52 px of icons below 1100 px. Absent things are not drawn. */
import { Link } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Brand } from '@/components/Brand'
import { Key } from '@/components/Key'
import { MeMenu } from './MeMenu'
import { usePlaces, type Place } from './nav'
import { overlay } from './overlays'
import { PinnedProjects } from './PinnedProjects'
import css from './Sidebar.module.css'

export function Sidebar() {
  const { t } = useTranslation('frame')
  const { main, foot } = usePlaces()
  return (
    <nav className={css.sidebar} aria-label={t('nav.main')}>
      <Link to="/" className={css.brand} aria-label={t('nav.home')}>
        <Brand name />
      </Link>
      <button
        type="button"
        className={css.search}
        onClick={() => overlay.set('palette')}
        data-tip={`${t('nav.search')} · Ctrl K`}
        aria-keyshortcuts="Control+K"
      >
        <Search size={16} aria-hidden />
        <span className={css.words}>{t('search')}</span>
        <span className={css.keys}>
          <Key>ctrl+k</Key>
        </span>
      </button>
      <ul className={css.list}>
        {main.map((place) => (
          <PlaceLink key={place.to} place={place} />
        ))}
      </ul>
      <PinnedProjects />
      <span className={css.space} />
      {foot.length > 0 && (
        <ul className={css.list}>
          {foot.map((place) => (
            <PlaceLink key={place.to} place={place} />
          ))}
        </ul>
      )}
      <MeMenu />
    </nav>
  )
}

/** Pages of a project belong to Projects, so both are marked. */
const isBelow = (place: Place) => (place.to === '/projects' ? { 'data-covers': 'projects' } : {})

function PlaceLink({ place }: { place: Place }) {
  const { to, label, Icon, count } = place
  return (
    <li>
      <Link to={to} className={css.item} data-tip={label} {...isBelow(place)}>
        <Icon size={16} strokeWidth={1.8} aria-hidden />
        <span className={css.words}>{label}</span>
        {count ? <span className={css.count}>{count}</span> : null}
      </Link>
    </li>
  )
}
