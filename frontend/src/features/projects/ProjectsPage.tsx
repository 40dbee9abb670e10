/** Projects: where is mine, and is it well? (UI.md §5.2) The order of rows changes only with the filter. */
import { keepPreviousData, useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { LiveAge } from '@/components/Age'
import { KeyButton } from '@/components/Key'
import { PageTitle } from '@/components/Page'
import { Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import { TopBar } from '@/components/TopBar'
import { usePageActions } from '@/lib/actions'
import { api, body, type Schemas } from '@/lib/api/client'
import { languagesQuery, pinsQuery, summariesQuery } from '@/lib/api/queries'
import { useKey } from '@/lib/keys'
import { Filters, type Filter } from './Filters'
import { ProjectRow } from './ProjectRow'
import css from './Projects.module.css'

const route = getRouteApi('/inside/projects')
const PAGE = 50
const COLUMNS = ['state', 'name', 'pin', 'owner', 'language', 'production', 'waiting', 'trend'] as const

function useProjects({ q, lang, mine, stage }: Filter) {
  return useInfiniteQuery({
    queryKey: ['projects', 'pages', { q, lang, mine, stage }],
    queryFn: ({ signal, pageParam }) =>
      body(
        api.GET('/api/v1/projects/', {
          params: { query: { q, language: lang, mine, stage, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })
}

export default function ProjectsPage() {
  const { t } = useTranslation('projects')
  const filter = route.useSearch()
  const navigate = route.useNavigate()
  const list = useProjects(filter)
  const languages = new Map(useQuery(languagesQuery).data?.results.map((one) => [one.slug, one.name]))
  const pages = list.data?.pages ?? []
  const projects = pages.flatMap((page) => page.results)
  const summaries = useQueries({
    queries: pages.map((page) => summariesQuery(page.results.map((project) => project.slug))),
  })
  const bySlug = new Map<string, Schemas['ProjectSummary']>(
    summaries.flatMap((one) => one.data?.results ?? []).map((one) => [one.project, one]),
  )
  const failed = summaries.find((one) => one.error)
  const pinned = useQuery(pinsQuery).data
  const table = useRef<HTMLTableElement>(null)
  const create = () => void navigate({ to: '/projects/new' })
  const change = (part: Partial<Filter>) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true })
  const isFiltered = Boolean(filter.q || filter.lang || filter.mine || filter.stage)

  const links = () => [...(table.current?.querySelectorAll<HTMLElement>('[data-project]') ?? [])]
  const current = () => links().findIndex((link) => link === document.activeElement)
  const move = (by: number) => {
    const all = links()
    all[Math.max(0, Math.min(all.length - 1, current() + by))]?.focus()
  }
  useKey('j', () => move(1))
  useKey('k', () => move(-1))
  useKey('s', () => {
    // The row's own button knows how to pin and how to take it back.
    links()[current()]?.closest('tr')?.querySelector<HTMLElement>('[data-pin]')?.click()
  })
  usePageActions([{ id: 'new-project', label: t('new'), shortcut: 'n', run: create }])

  return (
    <div className={css.page}>
      <TopBar
        left={<PageTitle title={t('title')} className={css.heading} />}
        right={
          <KeyButton type="primary" shortcut="n" onPress={create}>
            {t('new')}
          </KeyButton>
        }
      />
      <div className={css.bar}>
        <Filters filter={filter} onChange={change} />
        <span className={css.live}>
          <LiveAge updatedAt={Math.max(0, ...summaries.map((one) => one.dataUpdatedAt))} failed={Boolean(failed)} />
        </span>
      </div>
      {list.error && (
        <RegionError error={list.error} retry={() => void list.refetch()} shownAt={list.dataUpdatedAt || undefined} />
      )}
      {failed && (
        <RegionError
          error={failed.error}
          retry={() => void failed.refetch()}
          shownAt={failed.dataUpdatedAt || undefined}
        />
      )}
      {list.isPending && (
        <Loading>
          <SkeletonRows rows={8} />
        </Loading>
      )}
      {list.data && projects.length === 0 && (
        <div className="card">
          {isFiltered ? (
            <Empty
              action={
                <Link to="/projects" className="link">
                  {t('empty.clear')}
                </Link>
              }
            >
              {t('empty.match')}
            </Empty>
          ) : (
            <Empty
              action={
                <Link to="/projects/new" className="link">
                  {t('empty.new')}
                </Link>
              }
            >
              {t('empty.none')}
            </Empty>
          )}
        </div>
      )}
      {projects.length > 0 && (
        <div className={`card ${css.box}`}>
          <table
            ref={table}
            className={css.table}
            aria-label={t('title')}
            aria-busy={list.isPlaceholderData || undefined}
          >
            <colgroup>
              {COLUMNS.map((name) => (
                <col key={name} className={css[`c_${name}`]} />
              ))}
            </colgroup>
            <thead>
              <tr>
                {COLUMNS.map((name) => (
                  <th key={name} scope="col">
                    {name === 'state' || name === 'pin' ? (
                      <span className="hidden-visually">{t(`col.${name}`)}</span>
                    ) : (
                      t(`col.${name}`)
                    )}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {projects.map((project) => (
                <ProjectRow
                  key={project.slug}
                  project={project}
                  language={languages.get(project.language) ?? project.language}
                  summary={bySlug.get(project.slug)}
                  pinned={pinned?.some((pin) => pin.slug === project.slug)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {list.hasNextPage && (
        <Button className={css.more} loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('more')}
        </Button>
      )}
    </div>
  )
}
