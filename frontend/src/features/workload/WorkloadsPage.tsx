/** The workloads of a project: where each runs and how it is. A row opens its pods. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { LiveAge } from '@/components/Age'
import { ImageName } from '@/components/Image'
import { PageTitle } from '@/components/Page'
import { Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import { Status } from '@/components/Status'
import { workloadsQuery } from './queries'
import css from './workload.module.css'

const route = getRouteApi('/inside/p/$project/workloads')

export default function WorkloadsPage() {
  const { t } = useTranslation('workload')
  const { project } = route.useParams()
  const found = useQuery(workloadsQuery(project))
  return (
    <div className={css.page}>
      <div className={css.head}>
        <PageTitle title={t('workloads')} className={css.title} />
        <LiveAge updatedAt={found.dataUpdatedAt} failed={found.isError} />
      </div>
      {found.isError && (
        <RegionError
          error={found.error}
          retry={() => void found.refetch()}
          shownAt={found.data && found.dataUpdatedAt}
        />
      )}
      {found.isPending && (
        <Loading>
          <SkeletonRows rows={6} />
        </Loading>
      )}
      {found.data?.results.length === 0 && (
        <Empty
          action={
            <Link to="/p/$project/settings/$tab" params={{ project, tab: 'general' }} className="link">
              {t('none.settings')}
            </Link>
          }
        >
          {t('none')}
        </Empty>
      )}
      {found.data && found.data.results.length > 0 && (
        <div className={css.frame}>
          <table className={css.table}>
            <thead>
              <tr>
                <th scope="col">{t('col.workload')}</th>
                <th scope="col">{t('col.environment')}</th>
                <th scope="col">{t('col.cluster')}</th>
                <th scope="col">{t('col.version')}</th>
                <th scope="col">{t('col.ready')}</th>
                <th scope="col">{t('col.state')}</th>
              </tr>
            </thead>
            <tbody>
              {found.data.results.map((one) => (
                <tr key={one.id}>
                  <th scope="row">
                    <Link to="/p/$project/workloads/$id" params={{ project, id: String(one.id) }} className="link">
                      {one.deployment}
                    </Link>
                  </th>
                  <td>{one.environment}</td>
                  <td className="mono">{one.cluster}</td>
                  <td>{one.observed ? <ImageName tag={one.observed.version} digest={one.observed.digest} /> : '–'}</td>
                  <td className="tnum">{one.observed ? `${one.observed.ready}/${one.observed.total}` : '–'}</td>
                  <td>
                    <span title={one.condition.detail || undefined}>
                      <Status status={one.condition.state} plain />
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  )
}
