/** Shells that were opened: who, where, why, and how they ended. For everybody who may read them, or of one project. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { LiveAge } from '@/components/Age'
import { KeyButton } from '@/components/Key'
import { PageTitle } from '@/components/Page'
import { Segments } from '@/components/Segments'
import { Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import { TopBar } from '@/components/TopBar'
import { sessionsQuery } from '@/lib/api/queries/terminals'
import { SessionTable } from './SessionTable'
import css from './terminals.module.css'

const everywhere = getRouteApi('/inside/terminals')
const inProject = getRouteApi('/inside/p/$project/terminals')

type Search = { state?: 'open' | 'ended'; mine?: true }

export default function TerminalsPage() {
  const { t } = useTranslation('terminals')
  return (
    <>
      <TopBar left={<PageTitle title={t('title')} className={css.pageTitle} />} />
      <Sessions search={everywhere.useSearch()} />
    </>
  )
}

/** The tab of a project. */
export function ProjectTerminals() {
  const { t } = useTranslation('terminals')
  const { project } = inProject.useParams()
  return (
    <>
      <PageTitle title={`${t('title')} · ${project}`} className="hidden-visually" />
      <Sessions search={inProject.useSearch()} project={project} />
    </>
  )
}

function Sessions({ search, project }: { search: Search; project?: string }) {
  const { t } = useTranslation('terminals')
  const navigate = useNavigate()
  const { state, mine } = search
  const found = useInfiniteQuery({ ...sessionsQuery({ state, mine, project }), placeholderData: keepPreviousData })
  const rows = found.data?.pages.flatMap((page) => page.results) ?? []
  const change = (part: Search) => void navigate({ to: '.', search: { ...search, ...part }, replace: true })
  const create = () => void navigate({ to: '/terminals/new', search: { project } })
  return (
    <div className={css.pad}>
      <TopBar
        right={
          <KeyButton shortcut="s" onPress={create}>
            {t('open')}
          </KeyButton>
        }
      />
      <div className={css.filters}>
        <Segments
          aria-label={t('filter.state')}
          options={(['all', 'open', 'ended'] as const).map((value) => ({ value, label: t(`filter.${value}`) }))}
          value={state ?? 'all'}
          onChange={(to) => change({ state: to === 'all' ? undefined : to })}
        />
        <Segments
          aria-label={t('filter.whose')}
          options={(['everyone', 'mine'] as const).map((value) => ({ value, label: t(`filter.${value}`) }))}
          value={mine ? 'mine' : 'everyone'}
          onChange={(to) => change({ mine: to === 'mine' || undefined })}
        />
        <span className="grow" />
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
          <SkeletonRows rows={8} />
        </Loading>
      )}
      {found.data && !rows.length && (
        <Empty
          action={
            state || mine ? (
              <button type="button" className="link" onClick={() => change({ state: undefined, mine: undefined })}>
                {t('clear')}
              </button>
            ) : (
              <button type="button" className="link" onClick={create}>
                {t('open_first')}
              </button>
            )
          }
        >
          {t(state || mine ? 'none_match' : 'none')}
        </Empty>
      )}
      {rows.length > 0 && <SessionTable rows={rows} project={project} />}
      {found.hasNextPage && (
        <div className={css.more}>
          <Button onClick={() => void found.fetchNextPage()} loading={found.isFetchingNextPage}>
            {t('older')}
          </Button>
        </div>
      )}
    </div>
  )
}
