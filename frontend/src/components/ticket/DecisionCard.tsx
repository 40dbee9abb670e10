/** The decision card: everything one needs to say yes or no to a ticket, on one screen. Shared by inbox and ticket page. */
import { useTranslation } from 'react-i18next'
import { lazy, Suspense, type ReactNode } from 'react'
import { isAccessKind, isShellKind } from '@/lib/status'
import { Approvals } from './Approvals'
import { CardHead } from './CardHead'
import { ChangeDiff } from './ChangeDiff'
import { checksOf } from './checks'
import { Commits } from './Commits'
import { Evidence } from './Evidence'
import { Explained } from './Explained'
import { FiveQuestions } from './FiveQuestions'
import { Gates } from './Gates'
import { answersOf } from './questions'
import { StateNotes } from './StateNotes'
import type { Card } from './types'
import { useFacts } from './useFacts'
import { WayBack } from './WayBack'
import { WhereItGoes } from './WhereItGoes'
import { SkeletonRows } from '@/components/states'
import { withWords } from '@/lib/i18n'
import css from './ticket.module.css'

const AccessCard = lazy(withWords(['access'], () => import('./access/AccessCard')))
const ShellCard = lazy(withWords(['terminals'], () => import('./shell/ShellCard')))
const ResyncCard = lazy(withWords(['templates'], () => import('./resync/ResyncCard')))

type Props = {
  card: Card
  updatedAt: number
  failed: boolean
  menu?: ReactNode
  isPage?: boolean
  /** below the head */ lead?: ReactNode
  /** first on the right: a verdict to give, a review */ aside?: ReactNode
}

/** Whether a kind brings a card of its own: those that put an image somewhere share one. */
export const hasOwnCard = (kind: string): boolean => isAccessKind(kind) || isShellKind(kind) || kind === 'resync_jobs'

type OwnProps = Pick<Props, 'card' | 'menu' | 'isPage' | 'lead' | 'aside'>

export function OwnCard(props: OwnProps) {
  return (
    <Suspense fallback={<CardSkeleton />}>
      <Own {...props} />
    </Suspense>
  )
}

function Own(props: OwnProps) {
  if (isAccessKind(props.card.kind)) return <AccessCard {...props} />
  return isShellKind(props.card.kind) ? <ShellCard {...props} /> : <ResyncCard {...props} />
}

export function DecisionCard(props: Props) {
  const { card, menu, isPage, lead, aside } = props
  if (!hasOwnCard(card.kind)) return <ReleaseCard {...props} />
  return <OwnCard card={card} menu={menu} isPage={isPage} lead={lead} aside={aside} />
}

function ReleaseCard({ card, updatedAt, failed, menu, isPage, lead, aside }: Props) {
  const facts = useFacts(card)
  const answers = answersOf(facts)
  return (
    <article className={css.card} data-ticket={card.id}>
      <CardHead card={card} updatedAt={updatedAt} failed={failed} menu={menu} isPage={isPage} />
      <StateNotes card={card} />
      {lead}
      <FiveQuestions answers={answers} />
      <div className={`${css.columns} ${aside ? css.withAside : ''}`}>
        <div className={css.left}>
          <WhereItGoes facts={facts} />
          <ChangeDiff card={card} />
          <Commits facts={facts} />
        </div>
        <div className={css.right}>
          {aside}
          <Explained card={card} />
          <Gates checks={checksOf(facts)} />
          <Evidence card={card} />
          <WayBack facts={facts} answer={answers.find((one) => one.name === 'back')} />
          <Approvals card={card} />
        </div>
      </div>
    </article>
  )
}

/** The geometry of the card before it is there. */
export function CardSkeleton() {
  const { t } = useTranslation()
  return (
    <div className={css.card} role="status" aria-label={t('loading')}>
      <SkeletonRows rows={1} height={76} />
      <div className={css.gap}>
        <SkeletonRows rows={1} height={80} />
      </div>
      <div className={css.columns}>
        <SkeletonRows rows={4} height={72} />
        <SkeletonRows rows={6} height={44} />
      </div>
    </div>
  )
}
