/** Do the jobs of a language follow its template? Read from Jenkins when asked; chosen ones are brought back by a ticket. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Button } from 'antd'
import { RefreshCw } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import { useKey } from '@/lib/keys'
import { SideSheet } from '../parts/SideSheet'
import { Differences } from './Differences'
import { canResync, keptChoice, type JobDrift } from './drift'
import { DriftTable } from './DriftTable'
import { driftQuery } from './queries'
import { ResyncBar } from './ResyncBar'
import admin from '../Admin.module.css'
import css from './drift.module.css'

const route = getRouteApi('/inside/admin/languages')

function JobSheet({ row, onClose }: { row: JobDrift; onClose: () => void }) {
  const { t } = useTranslation('templates')
  return (
    <SideSheet title={row.project} onClose={onClose}>
      <div className={css.sheet}>
        <p>
          {t(`means.${row.standing}`, {
            made: row.template_version === null ? t('unknown_version') : `v${row.template_version}`,
            newest: `v${row.newest_version}`,
          })}{' '}
          <a href={row.link} target="_blank" rel="noreferrer" className="link">
            {t('open_job')}
          </a>
        </p>
        {row.differences.length > 0 && <Differences differences={row.differences} leftOut={row.left_out} />}
      </div>
    </SideSheet>
  )
}

/** The ticks of the page: all that may be ticked at once, or one by one. */
function useChoice(rows: readonly JobDrift[]) {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set())
  const chosen = keptChoice(ticked, rows)
  const change = (project: string, isChosen: boolean) =>
    setTicked((old) => new Set(isChosen ? [...old, project] : [...old].filter((one) => one !== project)))
  const all = rows.filter(canResync).map((row) => row.project)
  return { chosen, change, all, tickAll: () => setTicked(new Set(chosen.length === all.length ? [] : all)) }
}

/** J and K walk the rows, X takes the focused one in or out (UI.md §2.3). */
function useRowKeys(toggle: (project: string) => void) {
  const box = useRef<HTMLDivElement>(null)
  const links = () => [...(box.current?.querySelectorAll<HTMLElement>('[data-job]') ?? [])]
  const at = () => links().findIndex((link) => link === document.activeElement)
  const move = (by: number) => links()[Math.max(0, Math.min(links().length - 1, at() + by))]?.focus()
  useKey('j', () => move(1))
  useKey('k', () => move(-1))
  useKey('x', () => {
    const project = links()[at()]?.dataset.job
    if (project) toggle(project)
  })
  return box
}

export function Drift({ language, mayResync }: { language: string; mayResync: boolean }) {
  const { t } = useTranslation(['templates', 'admin'])
  const { job } = route.useSearch()
  const navigate = route.useNavigate()
  const found = useInfiniteQuery(driftQuery(language))
  const rows = found.data?.pages.flatMap((page) => page.results) ?? []
  const choice = useChoice(rows)
  const opened = rows.find((row) => row.project === job)
  const box = useRowKeys((project) => {
    if (mayResync) choice.change(project, !choice.chosen.includes(project))
  })
  if (found.isPending)
    return (
      <Loading>
        <SkeletonRows rows={6} />
      </Loading>
    )
  if (found.isError && !found.data) return <RegionError error={found.error} retry={() => void found.refetch()} />
  const checkedAt = rows[0]?.checked_at
  return (
    <div className={css.drift}>
      <div className={css.head}>
        <span className="t2 s12 grow">
          {checkedAt && (
            <>
              {t('read')} <Age at={checkedAt} />
            </>
          )}
        </span>
        {mayResync && choice.all.length > 1 && (
          <Button size="small" onClick={choice.tickAll}>
            {t(choice.chosen.length === choice.all.length ? 'none' : 'all', { count: choice.all.length })}
          </Button>
        )}
        <Button
          size="small"
          icon={<RefreshCw size={13} aria-hidden />}
          loading={found.isRefetching && { delay: 300 }}
          onClick={() => void found.refetch()}
        >
          {t('read_again')}
        </Button>
      </div>
      {found.isError && (
        <RegionError error={found.error} retry={() => void found.refetch()} shownAt={found.dataUpdatedAt} />
      )}
      <div className={admin.tableCard} ref={box}>
        {rows.length ? (
          <DriftTable
            language={language}
            rows={rows}
            opened={job}
            chosen={new Set(choice.chosen)}
            onChoose={mayResync ? choice.change : undefined}
          />
        ) : (
          <Empty>{t('no_project')}</Empty>
        )}
        {found.hasNextPage && (
          <div className={admin.foot}>
            <Button size="small" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              {t('admin:show_more')}
            </Button>
          </div>
        )}
      </div>
      {mayResync && <ResyncBar language={language} chosen={choice.chosen} />}
      {opened && (
        <JobSheet
          row={opened}
          onClose={() => void navigate({ search: { lang: language, kind: 'drift' }, resetScroll: false })}
        />
      )}
    </div>
  )
}
