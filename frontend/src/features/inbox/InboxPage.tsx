/** The inbox: what needs me, what I follow, what is done; a list and the card of the line that is open. */
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { useCallback, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Key } from '@/components/Key'
import { PageTitle } from '@/components/Page'
import { Segments } from '@/components/Segments'
import { Empty, ErrorBoundary, Loading, RegionError, SkeletonRows } from '@/components/states'
import { CardMenu } from '@/components/ticket/CardMenu'
import { TopBar } from '@/components/TopBar'
import type { InboxTab } from '@/lib/api/queries'
import { ticketQuery } from '@/lib/api/queries'
import { useKey } from '@/lib/keys'
import { useIsPhone } from '@/lib/screen'
import { useQuery } from '@tanstack/react-query'
import { CardPane, focusTitle } from './CardPane'
import { InboxList } from './InboxList'
import { neighbour } from './lines'
import { Reminders } from './Reminders'
import { useLines } from './useLines'
import css from './inbox.module.css'

const route = getRouteApi('/inside/inbox')
const TABS: InboxTab[] = ['needs', 'following', 'done']

export default function InboxPage() {
  const { t } = useTranslation('inbox')
  const search = route.useSearch()
  const navigate = useNavigate()
  const phone = useIsPhone()
  const tab = search.tab ?? 'needs'
  const { query, counts, loaded, groups, rows, news, showNew } = useLines(tab)
  const reminders = tab === 'needs' ? (query.data?.reminders ?? []) : []
  const first = groups[0]?.rows[0]?.line.id
  const selected = search.ticket ?? (phone ? undefined : first)
  const wantsFocus = useRef(false)
  const takeFocus = useCallback(() => {
    const wanted = wantsFocus.current
    wantsFocus.current = false
    return wanted
  }, [])

  const open = (id: number) => {
    if (id === selected) focusTitle()
    else wantsFocus.current = true
  }
  const go = (next: InboxTab, ticket?: number) =>
    void navigate({
      to: '/inbox',
      search: { ...(next === 'needs' ? {} : { tab: next }), ...(ticket === undefined ? {} : { ticket }) },
    })
  const move = (step: 1 | -1) => {
    const next = neighbour(groups, selected, step)
    if (next === undefined || next === selected) return
    go(tab, next)
    document.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus() // so that Enter is the row's own
  }
  useKey('j', () => move(1))
  useKey('k', () => move(-1))
  useKey(
    'escape',
    () => {
      if (phone) go(tab)
      else document.querySelector<HTMLElement>(`[data-row="${selected}"]`)?.focus()
    },
    { enabled: selected !== undefined },
  )

  const needs = rows.find((row) => row.line.id === selected)?.line.needs
  const showList = !phone || search.ticket === undefined
  const place = groups.flatMap((group) => group.rows).findIndex((row) => row.line.id === selected)
  return (
    <div className={css.page}>
      <TopBar
        left={
          showList ? (
            <Tabs tab={tab} counts={counts} go={go} />
          ) : (
            <PhoneBack tab={tab} at={place < 0 ? '' : t('place', { n: place + 1, total: rows.length })} />
          )
        }
        right={phone ? selected !== undefined && <PhoneMenu id={selected} /> : <Hints decides={needs === 'approve'} />}
      />
      {showList && (
        <div className={css.listPane}>
          {query.isError && (
            <div className={css.failed}>
              <RegionError error={query.error} retry={() => void query.refetch()} shownAt={query.dataUpdatedAt} />
            </div>
          )}
          {!loaded && !query.isError && (
            <Loading>
              <div className={css.skeleton}>
                <SkeletonRows rows={6} height={52} />
              </div>
            </Loading>
          )}
          {loaded && !rows.length && !news && !reminders.length && (
            <Nothing tab={tab} following={counts?.following ?? 0} />
          )}
          {loaded && (rows.length > 0 || news > 0) && (
            <InboxList tab={tab} groups={groups} news={news} selected={selected} showNew={showNew} onOpen={open} />
          )}
          <Reminders rows={reminders} />
        </div>
      )}
      {(!phone || search.ticket !== undefined) && (
        <div className={css.pane}>
          {selected !== undefined && (
            <ErrorBoundary name="card" key={selected}>
              <CardPane id={selected} asksVerdict={needs === 'confirm' || needs === 'verdict'} takeFocus={takeFocus} />
            </ErrorBoundary>
          )}
        </div>
      )}
    </div>
  )
}

function Tabs({
  tab,
  counts,
  go,
}: {
  tab: InboxTab
  counts: Record<InboxTab, number> | undefined
  go: (tab: InboxTab) => void
}) {
  const { t } = useTranslation('inbox')
  const label = (name: InboxTab) =>
    counts && name !== 'done'
      ? `${t(`tab.${name}`)} ${counts[name] >= 1000 ? '1000+' : counts[name]}`
      : t(`tab.${name}`)
  return (
    <>
      <PageTitle title={t('inbox')} className={css.title} />
      <Segments
        aria-label={t('inbox')}
        value={tab}
        onChange={(next) => go(next)}
        options={TABS.map((name) => ({ value: name, label: label(name) }))}
      />
    </>
  )
}

function Hints({ decides }: { decides: boolean }) {
  const { t } = useTranslation('inbox')
  return (
    <div className={css.hints} aria-hidden>
      <span>
        <Key>j</Key>
        <Key>k</Key>
        {t('hint.move')}
      </span>
      {decides && (
        <span>
          <Key>a</Key>
          {t('hint.approve')}
        </span>
      )}
      {decides && (
        <span>
          <Key>r</Key>
          {t('hint.reject')}
        </span>
      )}
    </div>
  )
}

function PhoneBack({ tab, at }: { tab: InboxTab; at: string }) {
  const { t } = useTranslation('inbox')
  return (
    <>
      <Link to="/inbox" search={tab === 'needs' ? {} : { tab }} className={css.back} aria-label={t('back')}>
        <ChevronLeft size={20} aria-hidden />
      </Link>
      <PageTitle title={t('inbox')} className={css.title} />
      <span className="t2 tnum">{at}</span>
    </>
  )
}

function PhoneMenu({ id }: { id: number }) {
  const card = useQuery(ticketQuery(id)).data
  return card ? <CardMenu card={card} /> : null
}

function Nothing({ tab, following }: { tab: InboxTab; following: number }) {
  const { t } = useTranslation('inbox')
  if (tab === 'needs' && following > 0)
    return (
      <Empty
        action={
          <Link to="/inbox" search={{ tab: 'following' }} className="link">
            {t('see_following')}
          </Link>
        }
      >
        {t('nothing_but', { count: following })}
      </Empty>
    )
  return (
    <Empty
      action={
        <Link to="/projects" className="link">
          {t('see_projects')}
        </Link>
      }
    >
      {t(`nothing.${tab}`)}
    </Empty>
  )
}
