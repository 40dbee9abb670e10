/** /p/:project/releases/:tag. "How far is it, and must I do anything?" Finds the version and its ticket; the parts draw. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useTitle } from '@/components/Page'
import { Loading, RegionError, SkeletonRows } from '@/components/states'
import { useRetry } from '@/components/ticket/useRetry'
import VerdictDrawer from '@/components/verdict/VerdictDrawer'
import type { Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { boardQuery, releaseQuery, stepsQuery, ticketQuery, typicalQuery } from '@/lib/api/queries'
import { sentence } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { useIsPhone } from '@/lib/screen'
import { isOver } from '@/lib/status'
import { Actions } from './Actions'
import { LogColumn } from './LogColumn'
import { situationOf } from './nextMove'
import { Notice } from './Notice'
import { OtherTickets } from './OtherTickets'
import { Shells } from './Shells'
import { rowsOf, type Row } from './progress'
import { releaseIdQuery } from './queries'
import { Rail } from './Rail'
import { ReleaseHeader } from './ReleaseHeader'
import { StepFacts } from './StepFacts'
import { Stepper } from './Stepper'
import { usePlace } from './usePlace'
import css from './Release.module.css'

const CancelDialog = lazy(() => import('@/components/ticket/CancelDialog'))

const route = getRouteApi('/inside/p/$project/releases/$tag')

export default function ReleasePage() {
  const { project, tag } = route.useParams()
  const id = useQuery(releaseIdQuery(project, tag))
  const release = useQuery({ ...releaseQuery(id.data ?? null), enabled: id.data !== undefined })
  const failed = id.isError ? id : release.isError && !release.data ? release : null
  if (failed)
    return (
      <Waiting title={`${tag} · ${project}`}>
        <RegionError error={failed.error} retry={() => void failed.refetch()} />
      </Waiting>
    )
  if (!release.data)
    return (
      <Waiting title={`${tag} · ${project}`}>
        <Loading>
          <SkeletonRows rows={6} height={56} />
        </Loading>
      </Waiting>
    )
  return <Loaded key={release.data.id} release={release.data} />
}

/** Names the tab until the version is there and names it itself. */
function Waiting({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title)
  return <div className={css.pad}>{children}</div>
}

function Loaded({ release }: { release: Schemas['ReleaseCard'] }) {
  const { t } = useTranslation('release')
  const me = useMe()
  const place = usePlace()
  const isPhone = useIsPhone()
  const [isCanceling, setCanceling] = useState(false)
  const board = useQuery(boardQuery(release.project.slug)).data?.environments ?? []
  const ticket = useQuery(ticketQuery(release.ticket))
  const steps = useQuery({
    ...stepsQuery(release.ticket ?? 0),
    enabled: release.ticket !== null,
    placeholderData: keepPreviousData,
  })
  const card = ticket.data
  const typical = useQuery(typicalQuery(release.project.slug, 'release', card?.environment?.slug)).data
  const rows = rowsOf(steps.data?.results ?? [])
  const builds = release.builds.toSorted((a, b) => a.id - b.id)
  const build = builds.find((one) => one.id === place.build) ?? builds.at(-1)
  const situation = card ? situationOf({ release, card, board, meId: me.id }) : null
  const retry = useRetry(release.ticket ?? undefined)
  const selected = rows.find((row) => row.key === place.step) ?? wrongRow(rows)
  const notice = card && (
    <Notice card={card} rows={rows} problem={retry.isError ? sentence(asApiError(retry.error)) : ''} />
  )
  return (
    <div className={css.page}>
      <Actions
        release={release}
        card={card}
        board={board}
        situation={situation}
        isVerdictOpen={place.verdict !== undefined}
        isRetrying={retry.isPending}
        onVerdict={place.openVerdict}
        onRetry={() => retry.mutate()}
        onCancel={() => setCanceling(true)}
      />
      <ReleaseHeader release={release} card={card} rows={rows} typical={typical} situation={situation} />
      {isPhone && notice}
      <div className={css.columns}>
        <div className={css.left}>
          {release.ticket === null && <p className={css.nothing}>{t('no_ticket')}</p>}
          {steps.isError && (
            <RegionError error={steps.error} retry={() => void steps.refetch()} shownAt={steps.dataUpdatedAt} />
          )}
          {steps.isPending && release.ticket !== null && (
            <Loading>
              <SkeletonRows rows={7} height={40} />
            </Loading>
          )}
          <Stepper
            rows={rows}
            typical={typical}
            build={builds.at(-1)}
            selected={selected?.key}
            onSelect={place.toggleStep}
            onStage={place.goToLine}
          />
          <OtherTickets release={release} />
          <Shells release={release} />
        </div>
        <div className={css.middle}>
          {ticket.isError && (
            <RegionError error={ticket.error} retry={() => void ticket.refetch()} shownAt={ticket.dataUpdatedAt} />
          )}
          {!isPhone && notice}
          {selected && place.step !== undefined && (
            <StepFacts row={selected} rollouts={card?.rollouts ?? []} onClose={() => place.toggleStep(selected.key)} />
          )}
          <LogColumn
            release={release}
            builds={builds}
            build={build}
            place={place}
            hasFailed={card?.status === 'failed'}
            isWaiting={card !== undefined && !isOver(card.status)}
          />
        </div>
        <Rail release={release} board={board} tab={place.tab} onTab={place.setTab} />
      </div>
      {isCanceling && card && (
        <Suspense>
          <CancelDialog card={card} close={() => setCanceling(false)} />
        </Suspense>
      )}
      <VerdictDrawer
        releaseId={release.id}
        environment={place.verdict}
        label={t('act.verdict')}
        onClose={place.closeVerdict}
      />
    </div>
  )
}

const wrongRow = (rows: Row[]): Row | undefined =>
  rows.find((row) => row.status === 'failed' || row.status === 'errored')
