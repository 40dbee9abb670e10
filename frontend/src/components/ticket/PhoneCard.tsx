/** The card in one hand: five rows and the fingerprint, each opening a sheet from below. */
import { ChevronRight, Fingerprint as FingerprintIcon } from 'lucide-react'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Fingerprint } from '@/components/Fingerprint'
import { PageTitle, useTitle } from '@/components/Page'
import { ErrorBoundary } from '@/components/states'
import { Status } from '@/components/Status'
import { hasOwnCard, OwnCard } from './DecisionCard'
import { Explained } from './Explained'
import { QuestionRows } from './FiveQuestions'
import type { Sheet } from './PhoneSheet'
import { answersOf } from './questions'
import { useTicketTitle } from './say'
import { StateNotes } from './StateNotes'
import { placesOf, cellOf, type Card, type Facts } from './types'
import { useFacts } from './useFacts'
import { FromTo } from './WhereItGoes'
import css from './ticket.module.css'

const PhoneSheet = lazy(() => import('./PhoneSheet'))

type Props = { card: Card; lead?: ReactNode; /** the card is the page; else opened from a list */ isPage?: boolean }

export function PhoneCard(props: Props) {
  const { card, lead, isPage } = props
  if (!hasOwnCard(card.kind)) return <ReleasePhoneCard {...props} />
  return <OwnCard card={card} lead={lead} isPage={isPage} />
}

function ReleasePhoneCard({ card, lead, isPage = false }: Props) {
  const { t } = useTranslation('ticket')
  const facts = useFacts(card)
  const answers = answersOf(facts)
  const [sheet, setSheet] = useState<Sheet | null>(null)
  const [wasOpened, setWasOpened] = useState(false) // the sheet stays, so that it can leave in its own time
  const open = (wanted: Sheet) => {
    setWasOpened(true)
    setSheet(wanted)
  }
  const title = useTicketTitle()
  useTitle(isPage ? `#${card.id} ${title(card)}` : title(card))
  return (
    <article className={css.card} data-ticket={card.id}>
      <div className={css.headLine}>
        <Status status={card.status} label={card.rights.approve.allowed ? t('needs_you') : undefined} />
        <span className="t2 s12">
          {card.approvals_needed > 1 && (
            <>{t('approved_of', { given: card.approvals_given, needed: card.approvals_needed })} · </>
          )}
          <Age at={card.created_at} short />
        </span>
      </div>
      {isPage ? (
        <PageTitle title={`#${card.id} ${title(card)}`} className={css.title}>
          {title(card, true)}
        </PageTitle>
      ) : (
        <h2 className={css.title} tabIndex={-1} data-card-title>
          {title(card, true)}
        </h2>
      )}
      <FromTo facts={facts} short />
      <StateNotes card={card} />
      {lead}
      <QuestionRows answers={answers} open={open} />
      <Explained card={card} />
      {card.fingerprint && (
        <button type="button" className={css.questionRow} onClick={() => open('fingerprint')}>
          <FingerprintIcon size={20} aria-hidden className="t2" />
          <span className="grow">
            <span className={css.rowQuestion}>{t('exactly')}</span>
            <span className={css.rowDetail}>
              <Fingerprint value={card.fingerprint} /> <Places facts={facts} />
            </span>
          </span>
          <ChevronRight size={20} aria-hidden className={css.chevron} />
        </button>
      )}
      {wasOpened && (
        <ErrorBoundary name="sheet">
          <Suspense>
            <PhoneSheet sheet={sheet} facts={facts} answers={answers} close={() => setSheet(null)} />
          </Suspense>
        </ErrorBoundary>
      )}
    </article>
  )
}

function Places({ facts }: { facts: Facts }) {
  const { t } = useTranslation('ticket')
  const places = placesOf(facts.card, facts.environment.data)
  const pods = places.map((place) => cellOf(facts.environment.data, place)?.total)
  const total = pods.every((n) => typeof n === 'number') ? pods.reduce((a, b) => a + b, 0) : null
  return (
    <>
      {[total === null ? '' : t('pods', { count: total }), t('clusters', { count: places.length })]
        .filter(Boolean)
        .join(t('comma'))}
    </>
  )
}
