/** Pinned projects, each with the shape of its state. Nothing is drawn where nothing is pinned. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { StateMark } from '@/components/Status'
import { pinsQuery, statesQuery } from '@/lib/api/queries'
import { hueOf } from '@/lib/status'
import css from './Sidebar.module.css'

export function PinnedProjects() {
  const { t } = useTranslation('frame')
  const pins = useQuery(pinsQuery).data
  const states = useQuery(statesQuery((pins ?? []).map((pin) => pin.slug))).data
  if (!pins?.length) return null
  return (
    <>
      <h2 className={css.section}>{t('nav.pinned')}</h2>
      <ul className={`${css.list} ${css.pins}`}>
        {pins.map(({ slug }) => {
          const state = states?.get(slug) ?? 'none'
          return (
            <li key={slug}>
              <Link to="/p/$project" params={{ project: slug }} className={css.item} data-tip={slug}>
                <StateMark hue={hueOf(state)} label={states ? t(`state.${state}`) : undefined} />
                <span className={`${css.words} clip`}>{slug}</span>
              </Link>
            </li>
          )
        })}
      </ul>
    </>
  )
}
