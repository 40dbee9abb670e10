/** The card of the selected line, with its bar; a line that asks for a verdict has the verdict beside it. */
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Segments } from '@/components/Segments'
import { ErrorBoundary, Loading, RegionError } from '@/components/states'
import { AfterBar } from '@/components/ticket/AfterBar'
import { CardMenu } from '@/components/ticket/CardMenu'
import { DecisionBar } from '@/components/ticket/DecisionBar'
import { CardSkeleton, DecisionCard } from '@/components/ticket/DecisionCard'
import { PhoneCard } from '@/components/ticket/PhoneCard'
import { ReviewBox } from '@/components/ticket/ReviewBox'
import type { Card } from '@/components/ticket/types'
import { ticketQuery } from '@/lib/api/queries'
import { withWords } from '@/lib/i18n'
import { useIsPhone } from '@/lib/screen'
import css from './inbox.module.css'

const VerdictPanel = lazy(withWords(['verdict'], () => import('@/components/verdict/VerdictPanel')))

/** Where the verdict is missing: where the ticket brought the version, or where the gate says that it ran. */
export function verdictPlaces(card: Card): string[] {
  if (card.status === 'succeeded') return card.environment ? [card.environment.slug] : []
  const gate = card.gates.find((one) => one.name === 'tested' && one.state === 'missing')
  const named = gate?.params.environments
  return typeof named === 'string' ? named.split(', ').filter(Boolean) : []
}

function Verdict({ card }: { card: Card }) {
  const { t } = useTranslation('ticket')
  const places = verdictPlaces(card)
  const [chosen, setChosen] = useState(places[0])
  const place = chosen && places.includes(chosen) ? chosen : places[0]
  if (!card.release || !place) return null
  return (
    <ErrorBoundary name="verdict">
      <Suspense fallback={<Loading />}>
        <div className={css.verdict}>
          {places.length > 1 && (
            <Segments options={places} value={place} onChange={setChosen} aria-label={t('verdict_here')} />
          )}
          <VerdictPanel releaseId={card.release.id} environment={place} />
        </div>
      </Suspense>
    </ErrorBoundary>
  )
}

export const focusTitle = () => document.querySelector<HTMLElement>('[data-card-title]')?.focus({ preventScroll: true })

export function CardPane({
  id,
  asksVerdict,
  takeFocus,
}: {
  id: number
  asksVerdict: boolean
  takeFocus: () => boolean
}) {
  const phone = useIsPhone()
  const query = useQuery(ticketQuery(id))
  const card = query.data
  const isThere = card !== undefined
  useEffect(() => {
    if (isThere && takeFocus()) focusTitle()
  }, [isThere, takeFocus])
  if (!card)
    return query.isError ? (
      <div className={css.failed}>
        <RegionError error={query.error} retry={() => void query.refetch()} />
      </div>
    ) : (
      <Loading>
        <CardSkeleton />
      </Loading>
    )
  const aside =
    asksVerdict && (card.status === 'pending_confirmation' || card.status === 'succeeded') ? (
      <Verdict card={card} />
    ) : card.rights.review.allowed ? (
      <ReviewBox card={card} isPrimary={!card.rights.retry.allowed} />
    ) : undefined
  return (
    <>
      {query.isError && (
        <div className={css.failed}>
          <RegionError error={query.error} retry={() => void query.refetch()} shownAt={query.dataUpdatedAt} />
        </div>
      )}
      {phone ? (
        <PhoneCard card={card} lead={aside} />
      ) : (
        <DecisionCard
          card={card}
          updatedAt={query.dataUpdatedAt}
          failed={query.isError}
          menu={<CardMenu card={card} />}
          aside={aside}
        />
      )}
      <DecisionBar card={card} />
      <AfterBar card={card} />
    </>
  )
}
