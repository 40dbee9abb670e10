/** Brakes that were pulled and released again, newest first: who, when, why, and what was said on release. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Age, Took } from '@/components/Age'
import { nameOf } from '@/components/Person'
import { Loading, RegionError, SkeletonRows } from '@/components/states'
import type { Brake } from './model'
import { brakeHistoryQuery } from './queries'
import { useScopeWord } from './say'
import css from './brakes.module.css'

const COLUMNS = ['where', 'reason', 'pulled', 'released', 'was_on'] as const

export function History() {
  const { t } = useTranslation('brakes')
  const query = useInfiniteQuery(brakeHistoryQuery)
  const rows = query.data?.pages.flatMap((page) => page.results).filter((brake) => !brake.is_on) ?? []
  return (
    <section className={css.section} aria-labelledby="brakes-history">
      <h2 id="brakes-history">{t('history')}</h2>
      {query.isError && (
        <RegionError
          error={query.error}
          retry={() => void query.refetch()}
          shownAt={query.data && query.dataUpdatedAt}
        />
      )}
      {query.isPending && (
        <Loading>
          <SkeletonRows rows={3} height={48} />
        </Loading>
      )}
      {query.data && !rows.length && <p className="t2">{t('history_none')}</p>}
      {rows.length > 0 && <Rows rows={rows} />}
      {query.hasNextPage && (
        <div className={css.more}>
          <Button onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>
            {t('history_more')}
          </Button>
        </div>
      )}
    </section>
  )
}

function Rows({ rows }: { rows: Brake[] }) {
  const { t } = useTranslation('brakes')
  const scope = useScopeWord()
  return (
    <table className={css.table}>
      <thead>
        <tr>
          {COLUMNS.map((name) => (
            <th key={name} scope="col">
              {t(`col.${name}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((brake) => (
          <tr key={brake.id} data-released={brake.id}>
            <td className="b5">{scope(brake.cluster)}</td>
            <td className={css.why}>{brake.reason}</td>
            <td>
              <span className={css.label}>{t('col.pulled')} </span>
              {nameOf(brake.pulled_by)}
              {t('comma')}
              <span className="t2">
                <Age at={brake.pulled_at} />
              </span>
            </td>
            <td>
              <span className={css.label}>{t('col.released')} </span>
              {brake.released_by && nameOf(brake.released_by)}
              {brake.released_by && t('comma')}
              {brake.released_at && (
                <span className="t2">
                  <Age at={brake.released_at} />
                </span>
              )}
              {brake.comment && <q className={css.comment}>{brake.comment}</q>}
            </td>
            <td className="t2">
              <span className={css.label}>{t('col.was_on')} </span>
              <Took from={brake.pulled_at} to={brake.released_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
