/** The brakes that are on, each whole: where, why, who, since when, what it does, and releasing it or why not. */
import { Button } from 'antd'
import { OctagonPause } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Person } from '@/components/Person'
import { Denied } from '@/components/states'
import { inOrder, type Brake } from './model'
import { useEffectWords, useScopeWord } from './say'
import css from './brakes.module.css'

const ReleaseDialog = lazy(() => import('./ReleaseDialog'))

export function OnNow({ brakes }: { brakes: Brake[] }) {
  const { t } = useTranslation('brakes')
  const [releasing, setReleasing] = useState<Brake | null>(null)
  if (!brakes.length) return <p className="t2">{t('none_on')}</p>
  return (
    <>
      <ul className={css.list}>
        {inOrder(brakes).map((brake) => (
          <One key={brake.id} brake={brake} onRelease={() => setReleasing(brake)} />
        ))}
      </ul>
      {releasing && (
        <Suspense>
          <ReleaseDialog brake={releasing} close={() => setReleasing(null)} />
        </Suspense>
      )}
    </>
  )
}

function One({ brake, onRelease }: { brake: Brake; onRelease: () => void }) {
  const { t } = useTranslation('brakes')
  const where = useScopeWord()(brake.cluster)
  const effects = useEffectWords()(brake)
  return (
    <li className={css.one} data-on={brake.id}>
      <OctagonPause size={20} aria-hidden />
      <div className={css.what}>
        <h3>{t('band.where', { where })}</h3>
        <p className={css.words}>{brake.reason}</p>
        <p className={css.facts}>
          <Person person={brake.pulled_by} />
          <span className="t2">
            <Age at={brake.pulled_at} />
          </span>
          <span className="b5">{effects || t('nothing_waits')}</span>
        </p>
        {!brake.may_release.allowed && <Denied reason={brake.may_release}>{t('not_yours')}</Denied>}
      </div>
      {brake.may_release.allowed && (
        <Button className={css.act} onClick={onRelease}>
          {t('release_do')}
        </Button>
      )}
    </li>
  )
}
