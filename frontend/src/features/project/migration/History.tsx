/** Who sent the requests where, when and why; the newest first. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Person } from '@/components/Person'
import { Empty, Loading, RegionError } from '@/components/states'
import { historyQuery } from './queries'
import shared from '../Settings.module.css'
import css from './migration.module.css'

const COLUMNS = ['col.revision', 'state', 'weight', 'reason', 'col.who', 'col.when'] as const

export function History({ project, environment }: { project: string; environment: string }) {
  const { t } = useTranslation(['migration', 'projects'])
  const found = useInfiniteQuery(historyQuery(project, environment))
  if (found.isPending) return <Loading />
  if (found.isError && !found.data) return <RegionError error={found.error} retry={() => void found.refetch()} />
  const rows = found.data.pages.flatMap((page) => page.results)
  if (!rows.length)
    return (
      <div className="card">
        <Empty>{t('no_history')}</Empty>
      </div>
    )
  return (
    <>
      <div className={`card ${shared.tableBox}`} tabIndex={0} role="group" aria-label={t('history')}>
        <table className={shared.table}>
          <thead>
            <tr>
              {COLUMNS.map((key) => (
                <th key={key} scope="col">
                  {t(key)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ number, state, container_weight, reason, author, created_at }) => (
              <tr key={number}>
                <th scope="row" className="tnum">
                  {number}
                </th>
                <td className={css.word}>{t(`state.${state}`)}</td>
                <td className="tnum">{t('percent', { n: container_weight })}</td>
                <td className={css.reason}>{reason}</td>
                <td>{author ? <Person person={author} quiet /> : 'opsportal'}</td>
                <td className={`t2 ${css.word}`}>{created_at && <Age at={created_at} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.hasNextPage && (
        <Button
          size="small"
          className={css.more}
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {t('projects:more')}
        </Button>
      )}
    </>
  )
}
