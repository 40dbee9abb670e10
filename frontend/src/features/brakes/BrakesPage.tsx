/** /brakes: what is held and by whom, pulling the emergency brake, and what was pulled before. Everybody may read it. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { LiveAge } from '@/components/Age'
import { PageTitle } from '@/components/Page'
import { ErrorBoundary, Loading, RegionError, SkeletonRows } from '@/components/states'
import { TopBar } from '@/components/TopBar'
import { brakesQuery } from '@/lib/api/queries'
import { History } from './History'
import { OnNow } from './OnNow'
import { Pull } from './Pull'
import css from './brakes.module.css'

export default function BrakesPage() {
  const { t } = useTranslation('brakes')
  const on = useQuery(brakesQuery)
  return (
    <div className={css.page}>
      <TopBar
        left={<PageTitle title={t('title')} className={css.pageTitle} />}
        right={<LiveAge updatedAt={on.dataUpdatedAt} failed={on.isError} />}
      />
      <p className={css.lead}>{t('lead')}</p>
      <section className={css.section} aria-labelledby="brakes-on">
        <h2 id="brakes-on" tabIndex={-1}>
          {t('on_now')}
        </h2>
        {on.isError && (
          <RegionError error={on.error} retry={() => void on.refetch()} shownAt={on.data && on.dataUpdatedAt} />
        )}
        {on.isPending && (
          <Loading>
            <SkeletonRows rows={1} height={64} />
          </Loading>
        )}
        {on.data && <OnNow brakes={on.data} />}
      </section>
      <ErrorBoundary name="pull">
        <Pull />
      </ErrorBoundary>
      <ErrorBoundary name="history">
        <History />
      </ErrorBoundary>
    </div>
  )
}
