/** "What did we ship?": the tickets of a project, newest first, filters in the URL. Rows open the release they are about. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { LiveAge } from '@/components/Age'
import { KeyButton } from '@/components/Key'
import { PageTitle } from '@/components/Page'
import { Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import { TopBar } from '@/components/TopBar'
import { ticketsQuery } from '@/lib/api/queries'
import { usePageActions } from '@/lib/actions'
import { pollRunning } from '@/lib/live/polling'
import { TICKET_KINDS } from '@/lib/status'
import { Filters } from './Filters'
import { hold, newest } from './held'
import { ReleasesTable } from './ReleasesTable'
import css from './releases.module.css'

const route = getRouteApi('/inside/p/$project/releases')

export default function ReleasesPage() {
  const { t } = useTranslation('releases')
  const { project } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const filter = {
    project,
    environment: search.env,
    status: search.status,
    requester: search.by,
    kind: search.kind ?? [...TICKET_KINDS],
    q: search.q,
  }
  const tickets = useInfiniteQuery({ ...ticketsQuery(filter), refetchInterval: pollRunning })
  const rows = tickets.data?.pages.flatMap((page) => page.results) ?? []

  const key = JSON.stringify(filter)
  const [seen, setSeen] = useState<{ key: string; newest: number | null }>({ key: '', newest: null })
  if (tickets.data && (seen.key !== key || (seen.newest === null && rows.length > 0)))
    setSeen({ key, newest: newest(rows) })
  const { shown, waiting } = hold(rows, seen.key === key ? seen.newest : null)
  const isFiltered = Object.keys(search).length > 0
  const create = () => void navigate({ to: '/p/$project/releases/new', params: { project } })
  usePageActions([{ id: 'new-release', label: t('new'), shortcut: 'n', run: create }])
  const clear = () => void navigate({ to: '.', search: {}, replace: true })

  return (
    <div className={css.page}>
      <TopBar
        right={
          <KeyButton type="primary" shortcut="n" onPress={create}>
            {t('new')}
          </KeyButton>
        }
      />
      <div className={css.head}>
        <PageTitle title={t('title')} className={css.title} />
        <Filters
          project={project}
          search={search}
          people={rows.map((row) => row.requester)}
          onChange={(part) => void navigate({ to: '.', search: { ...search, ...part }, replace: true })}
        />
        {tickets.data && <LiveAge updatedAt={tickets.dataUpdatedAt} failed={Boolean(tickets.error)} />}
      </div>
      {tickets.error && (
        <RegionError
          error={tickets.error}
          retry={() => void tickets.refetch()}
          shownAt={tickets.data ? tickets.dataUpdatedAt : undefined}
        />
      )}
      {!tickets.data && !tickets.error && (
        <Loading>
          <SkeletonRows rows={8} height={36} />
        </Loading>
      )}
      {waiting > 0 && (
        <button type="button" className={css.waiting} onClick={() => setSeen({ key, newest: newest(rows) })}>
          {t('waiting', { count: waiting })}
        </button>
      )}
      {tickets.data &&
        !rows.length &&
        (isFiltered ? (
          <Empty
            action={
              <button type="button" className="link" onClick={clear}>
                {t('clear')}
              </button>
            }
          >
            {t('none_match')}
          </Empty>
        ) : (
          <Empty
            action={
              <Link to="/p/$project/releases/new" params={{ project }} className="link">
                {t('make_first')}
              </Link>
            }
          >
            {t('empty')}
          </Empty>
        ))}
      {shown.length > 0 && <ReleasesTable project={project} tickets={shown} />}
      {tickets.hasNextPage && (
        <div className={css.more}>
          <Button loading={tickets.isFetchingNextPage} onClick={() => void tickets.fetchNextPage()}>
            {t('older')}
          </Button>
        </div>
      )}
    </div>
  )
}
