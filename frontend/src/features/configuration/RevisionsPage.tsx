/** What was it before? The revisions of one configuration: any two compared, one exported, an old one asked for again. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { PageTitle } from '@/components/Page'
import { Denied, Empty, Loading, RegionError } from '@/components/states'
import { currentQuery, revisionsQuery, useMayPropose } from './queries'
import { Difference } from './revisions/Difference'
import { Restore } from './revisions/Restore'
import { RevisionRow } from './revisions/RevisionRow'
import { useConfigurationTitle } from './useTitles'
import css from './configuration.module.css'

const route = getRouteApi('/inside/p/$project/configuration/$environment/$name/revisions')

export default function RevisionsPage() {
  const { t } = useTranslation('configuration')
  const which = route.useParams()
  const asked = route.useSearch()
  const move = route.useNavigate()
  const list = useInfiniteQuery(revisionsQuery(which))
  const current = useQuery(currentQuery(which))
  const right = useMayPropose(which.project, which.environment)
  const [restoring, setRestoring] = useState<number | null>(null)
  const rows = list.data?.pages.flatMap((page) => page.results) ?? []
  const inForce = current.data?.revision?.number ?? 0
  const newest = rows[0]?.number ?? 1
  // Unasked: what was proposed last against what is in force, else what is in force against the one before it.
  const after = asked.after ?? newest
  const before = asked.before ?? (inForce && inForce !== after ? inForce : Math.max(1, after - 1))
  const compare = (from: number, to: number) => void move({ search: { before: from, after: to }, replace: true })
  const title = useConfigurationTitle()
  return (
    <div className={css.list}>
      <PageTitle title={title('revisions.title', which)} />
      <p>
        <Link to="/p/$project/configuration/$environment/$name" params={which} className="link">
          {t('revisions.form')}
        </Link>
      </p>
      {list.isError && (
        <RegionError error={list.error} retry={() => void list.refetch()} shownAt={list.dataUpdatedAt || undefined} />
      )}
      {current.isError && <RegionError error={current.error} retry={() => void current.refetch()} />}
      {right.data && !right.data.allowed && <Denied reason={right.data}>{t('read_only')}</Denied>}
      {(list.isPending || current.isPending) && <Loading />}
      {list.data && current.data && (
        <div className={`card ${css.tableBox}`} tabIndex={0} role="group" aria-label={t('revisions')}>
          {rows.length === 0 ? (
            <Empty>{t('revisions.empty')}</Empty>
          ) : (
            <table className={css.table}>
              <thead>
                <tr>
                  <th scope="col">{t('col.revision')}</th>
                  <th scope="col">{t('col.state')}</th>
                  <th scope="col">{t('col.note')}</th>
                  <th scope="col" className={css.wideOnly}>
                    {t('col.author')}
                  </th>
                  <th scope="col">{t('col.made')}</th>
                  <th scope="col">{t('col.ticket')}</th>
                  <th scope="col">
                    <span className="hidden-visually">{t('col.actions')}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <RevisionRow
                    key={row.number}
                    which={which}
                    revision={row}
                    inForce={inForce}
                    mayRestore={Boolean(right.data?.allowed) && row.number !== inForce}
                    onCompare={compare}
                    onRestore={() => setRestoring(row.number)}
                  />
                ))}
              </tbody>
            </table>
          )}
          {list.hasNextPage && (
            <Button size="small" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              {t('show_more')}
            </Button>
          )}
        </div>
      )}
      {restoring !== null && (
        <Restore
          key={restoring}
          which={which}
          number={restoring}
          inForce={inForce}
          onClose={() => setRestoring(null)}
        />
      )}
      {rows.length > 1 && current.data && (
        <Difference which={which} newest={newest} before={before} after={after} onCompare={compare} />
      )}
    </div>
  )
}
