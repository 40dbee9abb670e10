/** The band on every page while a brake is on: where, why, by whom, what waits, and who may release it. */
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { OctagonPause } from 'lucide-react'
import { lazy, Suspense, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { nameOf } from '@/components/Person'
import { useIsPhone } from '@/lib/screen'
import { linesOf, type Brake } from './model'
import { useEffectWords, useScopeWord } from './say'
import css from './Band.module.css'

const ReleaseDialog = lazy(() => import('./ReleaseDialog'))

/** Whoever reads in the middle of a page keeps the line he reads where it is when the band comes, grows or goes. */
function useKeptPlace(band: RefObject<HTMLElement | null>): void {
  const height = useRef(0)
  const move = (to: number) => {
    const main = document.getElementById('main')
    if (main && main.scrollTop > 0) main.scrollTop += to - height.current
    height.current = to
  }
  useLayoutEffect(() => move(band.current?.offsetHeight ?? 0))
  useLayoutEffect(() => () => move(0), [])
}

export default function Band({ brakes }: { brakes: Brake[] }) {
  const { t } = useTranslation('brakes')
  const band = useRef<HTMLElement>(null)
  const [releasing, setReleasing] = useState<Brake | null>(null)
  const { shown, rest } = linesOf(brakes, useIsPhone() ? 1 : 2)
  useKeptPlace(band)
  return (
    <section ref={band} className={css.band} aria-label={t('title')} data-brakes={brakes.length}>
      {shown.map((brake) => (
        <Line key={brake.id} brake={brake} onRelease={() => setReleasing(brake)} />
      ))}
      {rest > 0 && (
        <Link to="/brakes" className={`${css.rest} link`}>
          {t('band.rest', { count: rest })}
        </Link>
      )}
      {releasing && (
        <Suspense>
          <ReleaseDialog brake={releasing} close={() => setReleasing(null)} />
        </Suspense>
      )}
    </section>
  )
}

function Line({ brake, onRelease }: { brake: Brake; onRelease: () => void }) {
  const { t } = useTranslation('brakes')
  const where = useScopeWord()(brake.cluster)
  const effects = useEffectWords()(brake)
  return (
    <div className={css.line} data-brake={brake.id}>
      <OctagonPause size={16} aria-hidden />
      <p className={css.text}>
        {/* Said once: what changes by itself, the age and the figures, stands outside. */}
        <span role="alert" className={css.said}>
          <Link to="/brakes" className={css.where}>
            {t('band.where', { where })}
          </Link>
          <span className={css.reason} title={brake.reason}>
            {brake.reason}
          </span>
          <span className={css.who}>{nameOf(brake.pulled_by)}</span>
        </span>
        <span className={css.age}>
          <Age at={brake.pulled_at} />
        </span>
      </p>
      {effects && <span className={css.effects}>{effects}</span>}
      {brake.may_release.allowed ? (
        <Button size="small" className={css.release} onClick={onRelease}>
          {t('release_do')}
        </Button>
      ) : (
        <span className={css.others}>{t('band.who_may')}</span>
      )}
    </div>
  )
}
