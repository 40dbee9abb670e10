/** Project overview: what runs where, and what is stuck (UI.md §5.3). Lays out regions; each reads and fails by itself. */
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { LiveAge } from '@/components/Age'
import { PageTitle } from '@/components/Page'
import { Empty, ErrorBoundary, Loading, RegionError, SkeletonRows } from '@/components/states'
import { boardQuery, projectQuery } from '@/lib/api/queries'
import { useIsPhone } from '@/lib/screen'
import { useEnvironmentWord } from '@/lib/environment'
import { Board } from './BoardGrid'
import { baselineOf, mostUrgent, versionOf, type Row } from './board'
import { BoardPhone } from './BoardPhone'
import { Buttons } from './Buttons'
import { Links } from './Links'
import { NeedsALook } from './NeedsALook'
import { NextUp } from './NextUp'
import { Recent } from './Recent'
import { Rollback } from './Rollback'
import css from './Overview.module.css'

const VerdictDrawer = lazy(() => import('@/components/verdict/VerdictDrawer'))
const route = getRouteApi('/inside/p/$project/')

function BoardRegion({
  slug,
  rows,
  isPending,
  error,
  retry,
  updatedAt,
}: {
  slug: string
  rows: Row[] | undefined
  isPending: boolean
  error: unknown
  retry: () => void
  updatedAt: number
}) {
  const { t } = useTranslation('overview')
  const phone = useIsPhone()
  const empty = rows && rows.every((row) => row.cells.length === 0)
  return (
    <section aria-labelledby="board">
      <div className={css.heading}>
        <h2 id="board">{t('board.title')}</h2>
        <span className="t2">{t('board.hint')}</span>
        <span className={css.right}>
          <LiveAge updatedAt={updatedAt} failed={Boolean(error)} />
        </span>
      </div>
      {Boolean(error) && (
        <div className={css.trouble}>
          <RegionError error={error} retry={retry} shownAt={updatedAt || undefined} />
        </div>
      )}
      {isPending && (
        <Loading>
          <SkeletonRows rows={4} height={50} />
        </Loading>
      )}
      {empty && (
        <div className="card">
          <Empty>{t('board.empty')}</Empty>
        </div>
      )}
      {rows && !empty && (phone ? <BoardPhone rows={rows} project={slug} /> : <Board rows={rows} project={slug} />)}
    </section>
  )
}

export default function OverviewPage() {
  const word = useEnvironmentWord()
  const { t } = useTranslation('overview')
  const { project: slug } = route.useParams()
  const { verdict } = route.useSearch()
  const navigate = route.useNavigate()
  const project = useSuspenseQuery(projectQuery(slug)).data
  const board = useQuery(boardQuery(slug))
  const rows: Row[] | undefined = board.data?.environments
  const urgent = rows ? mostUrgent(rows) : null
  const baseline = rows && baselineOf(rows)
  const judged = rows?.find((row) => row.environment.slug === verdict)
  return (
    <div className={css.page}>
      <PageTitle title={t('title', { project: project.slug })} className="hidden-visually" />
      {rows && !judged && <Buttons rows={rows} project={project} />}
      <div className={css.main}>
        {urgent && (
          <ErrorBoundary name="next-up">
            <NextUp urgent={urgent} />
          </ErrorBoundary>
        )}
        <ErrorBoundary name="board">
          <BoardRegion
            slug={slug}
            rows={rows}
            isPending={board.isPending}
            error={board.error}
            retry={() => void board.refetch()}
            updatedAt={board.dataUpdatedAt}
          />
        </ErrorBoundary>
        <ErrorBoundary name="recent">
          <Recent project={slug} />
        </ErrorBoundary>
      </div>
      <aside className={css.rail} aria-label={t('rail')}>
        {baseline && (
          <ErrorBoundary name="rollback">
            <Rollback row={baseline} project={slug} />
          </ErrorBoundary>
        )}
        {rows && (
          <ErrorBoundary name="look">
            <NeedsALook rows={rows} />
          </ErrorBoundary>
        )}
        <ErrorBoundary name="links">
          <Links project={project} />
        </ErrorBoundary>
      </aside>
      {judged && (
        <Suspense fallback={null}>
          <VerdictDrawer
            releaseId={versionOf(judged)?.id ?? null}
            environment={judged.environment.slug}
            onClose={() => void navigate({ search: {} })}
            label={t('verdict.title', { environment: word(judged.environment) })}
            otherwise={t('verdict.several')}
          />
        </Suspense>
      )}
    </div>
  )
}
