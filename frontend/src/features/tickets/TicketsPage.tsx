/** All tickets one may see, filtered by what stands in the URL, newest first, page by page. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { LiveAge } from '@/components/Age'
import { ManySelect } from '@/components/form/ManySelect'
import { ProjectSelect } from '@/components/form/ProjectSelect'
import { SearchField } from '@/components/form/SearchField'
import { PageTitle } from '@/components/Page'
import { Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import { TopBar } from '@/components/TopBar'
import { ticketsQuery } from '@/lib/api/queries'
import { ACCESS_KINDS, CATALOG_KINDS, isOver, SHELL_KINDS, TICKET_KINDS, TICKET_STATUSES } from '@/lib/status'
import { TicketTable } from './TicketTable'
import css from './tickets.module.css'

const route = getRouteApi('/inside/tickets')

type Search = ReturnType<typeof route.useSearch>

export default function TicketsPage() {
  const { t } = useTranslation('ticket')
  const search = route.useSearch()
  const navigate = useNavigate()
  const query = useInfiniteQuery({ ...ticketsQuery(search), placeholderData: keepPreviousData })
  const change = (part: Search) => void navigate({ to: '/tickets', search: { ...search, ...part }, replace: true })
  const rows = query.data?.pages.flatMap((page) => page.results) ?? []
  const filtered = Boolean(search.kind || search.status || search.project || search.q)
  const clear = (
    <button type="button" className="link" onClick={() => void navigate({ to: '/tickets', search: {} })}>
      {t('clear')}
    </button>
  )
  return (
    <div className={css.pad}>
      <TopBar
        left={<PageTitle title={t('tickets')} className={css.pageTitle} />}
        right={<LiveAge updatedAt={query.dataUpdatedAt} failed={query.isError} />}
      />
      <Filters search={search} change={change}>
        {filtered && clear}
      </Filters>
      {query.isError && (
        <RegionError
          error={query.error}
          retry={() => void query.refetch()}
          shownAt={query.data && query.dataUpdatedAt}
        />
      )}
      {query.isPending && (
        <Loading>
          <SkeletonRows rows={12} />
        </Loading>
      )}
      {query.data && !rows.length && (
        <Empty action={filtered ? clear : undefined}>{t(filtered ? 'none_match' : 'none_yet')}</Empty>
      )}
      {rows.length > 0 && <TicketTable rows={rows} isOver={isOver} />}
      {query.hasNextPage && (
        <div className={css.more}>
          <Button onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>
            {t('more')}
          </Button>
        </div>
      )}
    </div>
  )
}

function Filters({
  search,
  change,
  children,
}: {
  search: Search
  change: (part: Search) => void
  children: React.ReactNode
}) {
  const { t } = useTranslation('ticket')
  const { t: common } = useTranslation()
  const some = (values: string[]) => (values.length ? values : undefined)
  return (
    <div className={css.filters} role="search">
      <SearchField
        className={css.find}
        label={t('find')}
        value={search.q ?? ''}
        onSearch={(q) => change({ q: q || undefined })}
      />
      <ManySelect
        aria-label={t('kinds')}
        placeholder={t('all_kinds')}
        value={search.kind ?? []}
        onChange={(kind) => change({ kind: some(kind) })}
        className={css.select}
        maxTagCount="responsive"
        options={[...TICKET_KINDS, ...SHELL_KINDS, ...ACCESS_KINDS, ...CATALOG_KINDS].map((kind) => ({
          value: kind,
          label: common(`kind.${kind}`),
        }))}
      />
      <ManySelect
        aria-label={t('statuses')}
        placeholder={t('all_statuses')}
        value={search.status ?? []}
        onChange={(status) => change({ status: some(status) })}
        className={css.select}
        maxTagCount="responsive"
        options={TICKET_STATUSES.map((status) => ({ value: status, label: common(`status.${status}`) }))}
      />
      <ProjectSelect
        label={t('project')}
        placeholder={t('all_projects')}
        value={search.project}
        className={css.select}
        onChange={(project) => change({ project })}
      />
      {children}
    </div>
  )
}
