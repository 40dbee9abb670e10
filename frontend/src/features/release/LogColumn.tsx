/** The middle column: the log of one build, loaded apart; without a build, a sentence why there is none. */
import { Segmented } from 'antd'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { ErrorBoundary, Loading, SkeletonRows } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { useTyped } from '@/lib/debounced'
import type { Place } from './usePlace'
import css from './Release.module.css'

const LogViewer = lazy(() => import('@/components/log/LogViewer'))

type Props = {
  release: Schemas['ReleaseCard']
  builds: Schemas['Build'][]
  build: Schemas['Build'] | undefined
  place: Place
  hasFailed: boolean
  /** a build may still come */
  isWaiting: boolean
}

export function LogColumn({ release, builds, build, place, hasFailed, isWaiting }: Props) {
  const { t } = useTranslation('release')
  const [query, setQuery] = useTyped(place.query, place.setQuery)
  if (!build)
    return (
      <p className={css.nothing}>
        {isWaiting ? t('no_build_yet') : release.is_built_here ? t('no_build') : t('not_built_here')}
      </p>
    )
  const name = (one: Schemas['Build']) => (one.number ? t('build_n', { n: one.number }) : t('build'))
  const isRunning = build.state !== 'finished' && build.state !== 'lost'
  return (
    <ErrorBoundary name="log" key={build.id}>
      <Suspense
        fallback={
          <div className={css.pad}>
            <Loading>
              <SkeletonRows rows={12} height={19} />
            </Loading>
          </div>
        }
      >
        <LogViewer
          buildId={build.id}
          isRunning={isRunning}
          startAtError={hasFailed && build.result !== 'SUCCESS'}
          fileName={`${release.tag}-build-${build.number ?? build.id}.log`}
          lines={place.lines}
          onLines={place.setLines}
          query={query}
          onQuery={setQuery}
          wrap={place.wrap}
          onWrap={place.setWrap}
          title={
            builds.length > 1 ? (
              <Segmented
                size="small"
                aria-label={t('build')}
                value={build.id}
                onChange={place.setBuild}
                options={builds.map((one) => ({ value: one.id, label: name(one) }))}
              />
            ) : (
              <h2 className={css.buildName}>{name(build)}</h2>
            )
          }
        />
      </Suspense>
    </ErrorBoundary>
  )
}
