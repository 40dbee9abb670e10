/** One ticket of any kind: what was asked, decided and done. The card, then plan, timeline, comments, raw form. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { PageTitle } from '@/components/Page'
import { Empty, ErrorBoundary, Loading, RegionError } from '@/components/states'
import { DecisionBar } from '@/components/ticket/DecisionBar'
import { CardSkeleton, DecisionCard } from '@/components/ticket/DecisionCard'
import { barOf, readOf } from '@/components/ticket/decision'
import { BarSentence } from '@/components/ticket/BarSentence'
import { PhoneCard } from '@/components/ticket/PhoneCard'
import { ReviewBox } from '@/components/ticket/ReviewBox'
import type { Card } from '@/components/ticket/types'
import { useRetry } from '@/components/ticket/useRetry'
import { TopBar } from '@/components/TopBar'
import { asApiError } from '@/lib/api/errors'
import { ticketQuery, ticketsQuery } from '@/lib/api/queries'
import { useMe } from '@/lib/me'
import { useIsPhone } from '@/lib/screen'
import { whole } from '@/lib/search'
import { Comments } from './Comments'
import { Plan } from './Plan'
import { ProjectCrumb } from './ProjectCrumb'
import { TicketActions } from './TicketActions'
import { Timeline } from './Timeline'
import css from './tickets.module.css'

const route = getRouteApi('/inside/tickets/$id')

export default function TicketPage() {
  const { t } = useTranslation('ticket')
  const { id: text } = route.useParams()
  const id = whole(text) ?? null
  const query = useQuery(ticketQuery(id))
  const retry = useRetry(query.data?.id)
  const missing = id === null || (query.isError && asApiError(query.error).isMissing)
  return (
    <div className={css.page}>
      <TopBar
        left={<Crumbs id={text} card={query.data} />}
        right={query.data && <TicketActions card={query.data} retry={retry} />}
      />
      {!query.data && <PageTitle title={`#${text}`} className="hidden-visually" />}
      {missing && (
        <Empty
          action={
            <Link to="/tickets" className="link">
              {t('tickets')}
            </Link>
          }
        >
          {t('missing', { id: text })}
        </Empty>
      )}
      {!missing && query.isError && (
        <div className={css.pad}>
          <RegionError
            error={query.error}
            retry={() => void query.refetch()}
            shownAt={query.data && query.dataUpdatedAt}
          />
        </div>
      )}
      {retry.error && (
        <div className={css.pad}>
          <RegionError error={retry.error} />
        </div>
      )}
      {!missing && !query.data && !query.isError && (
        <Loading>
          <CardSkeleton />
        </Loading>
      )}
      {query.data && (
        <Whole key={query.data.id} card={query.data} updatedAt={query.dataUpdatedAt} failed={query.isError} />
      )}
    </div>
  )
}

function Crumbs({ id, card }: { id: string; card: Card | undefined }) {
  const { t } = useTranslation('ticket')
  return (
    <nav className={css.crumbs} aria-label={t('tickets')}>
      <Link to="/tickets" className="t2">
        {t('tickets')}
      </Link>
      {card && (
        <>
          <span className="t3">/</span>
          <ProjectCrumb project={card.project} />
        </>
      )}
      <span className="t3">/</span>
      <span className="b5 tnum">#{id}</span>
    </nav>
  )
}

function Whole({ card, updatedAt, failed }: { card: Card; updatedAt: number; failed: boolean }) {
  const { t } = useTranslation('ticket')
  const phone = useIsPhone()
  const review = card.rights.review.allowed ? (
    <ReviewBox card={card} isPrimary={!card.rights.retry.allowed} />
  ) : undefined
  return (
    <>
      {phone ? (
        <PhoneCard
          card={card}
          isPage
          lead={
            <>
              <Lead card={card} />
              {review}
            </>
          }
        />
      ) : (
        <DecisionCard
          card={card}
          updatedAt={updatedAt}
          failed={failed}
          isPage
          aside={review}
          lead={<Lead card={card} />}
        />
      )}
      <div className={css.below}>
        <div className={css.main}>
          <ErrorBoundary name="plan">
            <Plan ticketId={card.id} />
          </ErrorBoundary>
          <Comments card={card} />
        </div>
        <div className={css.side}>
          <ErrorBoundary name="timeline">
            <Timeline card={card} />
          </ErrorBoundary>
          <details className={css.raw}>
            <summary>{t('form')}</summary>
            <pre tabIndex={0}>
              {JSON.stringify(
                {
                  kind: card.kind,
                  project: card.project.slug,
                  environment: card.environment?.slug ?? null,
                  form: card.form,
                  note: card.note,
                },
                null,
                2,
              )}
            </pre>
          </details>
        </div>
      </div>
      <DecisionBar card={card} onlyDeciding />
    </>
  )
}

/** Why the reader sees no bar, and which tickets this one took the place of. */
function Lead({ card }: { card: Card }) {
  const { t } = useTranslation('ticket')
  const me = useMe()
  const bar = barOf(card, readOf(card), me.id)
  const mayRetire = card.kind === 'promote' || card.kind === 'roll_back'
  const retired = useInfiniteQuery({
    ...ticketsQuery({
      project: card.project.slug,
      environment: card.environment?.slug,
      kind: [card.kind],
      status: ['superseded'],
    }),
    enabled: mayRetire,
    refetchInterval: false,
  })
  const older = retired.data?.pages.flatMap((page) => page.results).filter((one) => one.superseded_by === card.id) ?? []
  const sentence = bar.kind === 'own' || bar.kind === 'denied'
  if (!sentence && !older.length) return null
  return (
    <div className={css.lead}>
      {sentence && <BarSentence bar={bar} card={card} />}
      {older.length > 0 && (
        <p className="t2">
          {t('supersedes')}{' '}
          {older.map((one) => (
            <Link key={one.id} to="/tickets/$id" params={{ id: String(one.id) }} className="link">
              #{one.id}
            </Link>
          ))}
        </p>
      )}
    </div>
  )
}
