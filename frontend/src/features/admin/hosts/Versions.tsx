/** The versions of a hosts file, newest first: who, when, why; each beside the one before it, and an old one made current again. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { notify } from '@/components/notify'
import { nameOf, Person } from '@/components/Person'
import { Empty, Loading, RegionError } from '@/components/states'
import { useRestoreHosts, versionsQuery, type HostsFile, type HostsVersion } from './queries'
import shared from '../Admin.module.css'
import css from './hosts.module.css'

type RowProps = { environment: string; version: HostsVersion; isCurrent: boolean; onRestore?: () => void }

function Row({ environment, version, isCurrent, onRestore }: RowProps) {
  const { t } = useTranslation('hosts')
  const { number, note, restored_from, author, created_at } = version
  return (
    <tr>
      <th scope="row" className={css.version}>
        <span className="tnum">{t('version', { number })}</span>
        {isCurrent && <span className="t3"> {t('current')}</span>}
      </th>
      <td className={css.noteCell}>
        {restored_from !== null && <span className="t2">{t('restored_from', { number: restored_from })} </span>}
        {note || (restored_from === null && <span className="t3">—</span>)}
        <span className={css.onPhone}>{author ? nameOf(author) : 'opsportal'}</span>
      </td>
      <td className={shared.medium}>
        {author ? <Person person={author} quiet /> : <span className="t2">opsportal</span>}
      </td>
      <td className="t2">
        <Age at={created_at} />
      </td>
      <td>
        <span className={`${shared.actions} ${css.actions}`}>
          <Link
            to="/admin/hosts"
            search={{ env: environment, before: number - 1, after: number }}
            hash="difference"
            className="link"
            aria-label={t('changes_of', { number })}
          >
            {t('changes')}
          </Link>
          {onRestore && !isCurrent && (
            <Button size="small" onClick={onRestore} aria-label={t('restore_of', { number })}>
              {t('restore')}
            </Button>
          )}
        </span>
      </td>
    </tr>
  )
}

/** Reversible, so it is done at once and can be taken back. */
function useRestoring(environment: string, file: HostsFile) {
  const { t } = useTranslation(['hosts', 'common'])
  const restore = useRestoreHosts(environment)
  const back = (number: number, based_on: number) => restore.mutate({ number, based_on })
  const run = (number: number) =>
    restore.mutate(
      { number, based_on: file.number },
      {
        onSuccess: (made) =>
          made.number === file.number
            ? notify(t('unchanged', { number: made.number }))
            : notify(
                t('restored', { number: made.number, from: number }),
                { label: t('common:undo'), run: () => back(file.number, made.number) },
                8,
              ),
      },
    )
  return { run, error: restore.error, isPending: restore.isPending }
}

type Props = { environment: string; file: HostsFile; mayChange: boolean }

export function Versions({ environment, file, mayChange }: Props) {
  const { t } = useTranslation(['hosts', 'admin'])
  const found = useInfiniteQuery(versionsQuery(environment))
  const restoring = useRestoring(environment, file)
  const rows = found.data?.pages.flatMap((page) => page.results) ?? []
  if (found.isPending) return <Loading />
  if (found.isError && !found.data) return <RegionError error={found.error} retry={() => void found.refetch()} />
  return (
    <>
      {restoring.error && <RegionError error={restoring.error} />}
      <div className={`${shared.tableCard} ${css.wide}`} tabIndex={0} role="group" aria-label={t('versions')}>
        {rows.length === 0 ? (
          <Empty>{t('no_version')}</Empty>
        ) : (
          <table className={`${shared.table} ${css.table}`}>
            <thead>
              <tr>
                <th scope="col">{t('col.version')}</th>
                <th scope="col">{t('note')}</th>
                <th scope="col" className={shared.medium}>
                  {t('col.author')}
                </th>
                <th scope="col">{t('col.age')}</th>
                <th scope="col">
                  <span className="hidden-visually">{t('admin:actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((version) => (
                <Row
                  key={version.number}
                  environment={environment}
                  version={version}
                  isCurrent={version.number === file.number}
                  onRestore={mayChange && !restoring.isPending ? () => restoring.run(version.number) : undefined}
                />
              ))}
            </tbody>
          </table>
        )}
        {found.hasNextPage && (
          <div className={shared.foot}>
            <Button size="small" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              {t('admin:show_more')}
            </Button>
          </div>
        )}
      </div>
    </>
  )
}
