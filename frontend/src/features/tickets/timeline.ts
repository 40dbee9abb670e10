/** What happened to a ticket, oldest first, from its card, its steps, its comments and its image's verdicts. Pure. */
import type { Schemas } from '@/lib/api/client'
import type { NamedPlace } from '@/lib/environment'
import type { Reason } from '@/lib/i18n'
import { isOver } from '@/lib/status'
import type { Card } from '@/components/ticket/types'

type Step = Schemas['Step']
type Person = Schemas['Person']

export const EVENTS = [
  'filed',
  'approved',
  'rejected',
  'voided',
  'verdict_passed',
  'verdict_failed',
  'queued',
  'started',
  'frozen',
  'step_started',
  'step_succeeded',
  'step_failed',
  'step_errored',
  'step_canceled',
  'cancel_asked',
  'commented',
  'review_accepted',
  'review_concern',
  'ended',
] as const

export type Happening = {
  id: string
  at: string
  what: (typeof EVENTS)[number]
  /** as `StatusIcon` knows it; nothing that is past spins */
  status: string
  person?: Person
  text?: string
  reason?: Reason
  step?: { name: string; target: string }
  environment?: NamedPlace
  ended?: string
}

const LONG = 5_000
const ENDS: Record<string, Happening['what']> = {
  succeeded: 'step_succeeded',
  failed: 'step_failed',
  errored: 'step_errored',
  canceled: 'step_canceled',
}

/** A step that took a moment is told once, at its end; a longer one, or one under way, also when it began. */
function ofStep(step: Step): Happening[] {
  const found: Happening[] = []
  const told = { name: step.name, target: step.target }
  const end = step.finished_at ? ENDS[step.status] : undefined
  const took =
    step.started_at && step.finished_at ? Date.parse(step.finished_at) - Date.parse(step.started_at) : Infinity
  if (step.started_at && (took >= LONG || !end))
    found.push({ id: `step-${step.id}-a`, at: step.started_at, what: 'step_started', status: 'planned', step: told })
  if (step.finished_at && end)
    found.push({
      id: `step-${step.id}-b`,
      at: step.finished_at,
      what: end,
      status: step.status,
      step: told,
      reason: step.reason ?? undefined,
    })
  return found
}

function ofCard(card: Card): Happening[] {
  const found: Happening[] = [
    { id: 'filed', at: card.created_at, what: 'filed', status: 'planned', person: card.requester, text: card.note },
  ]
  for (const one of card.approvals) {
    const approved = one.decision === 'approve'
    found.push({
      id: `approval-${one.id}`,
      at: one.created_at,
      what: approved ? 'approved' : 'rejected',
      status: approved ? 'passed' : 'rejected',
      person: one.actor,
      text: one.comment,
    })
    if (one.voided_at)
      found.push({
        id: `void-${one.id}`,
        at: one.voided_at,
        what: 'voided',
        status: 'superseded',
        person: one.actor,
        reason: one.void_reason ?? undefined,
      })
  }
  // a ticket that needed nobody was queued the moment it was filed: that is one event, not two
  if (card.queued_at && card.queued_at !== card.created_at)
    found.push({ id: 'queued', at: card.queued_at, what: 'queued', status: 'planned' })
  if (card.started_at) found.push({ id: 'started', at: card.started_at, what: 'started', status: 'planned' })
  if (card.frozen_at) found.push({ id: 'frozen', at: card.frozen_at, what: 'frozen', status: 'planned' })
  if (card.cancel_requested_at)
    found.push({
      id: 'cancel',
      at: card.cancel_requested_at,
      what: 'cancel_asked',
      status: 'canceled',
      reason: card.cancel_reason ?? undefined,
    })
  if (card.given_review) {
    const accepted = card.given_review.outcome === 'accepted'
    found.push({
      id: 'review',
      at: card.given_review.created_at,
      what: accepted ? 'review_accepted' : 'review_concern',
      status: accepted ? 'passed' : 'pending_approval',
      person: card.given_review.reviewer,
      text: card.given_review.comment,
    })
  }
  if (card.finished_at && isOver(card.status))
    found.push({
      id: 'ended',
      at: card.finished_at,
      what: 'ended',
      status: card.status,
      ended: card.status,
      reason: card.reason ?? undefined,
    })
  return found
}

const ofVerdict = (verdict: Schemas['Verdict']): Happening => ({
  id: `verdict-${verdict.id}`,
  at: verdict.created_at,
  what: verdict.outcome === 'passed' ? 'verdict_passed' : 'verdict_failed',
  status: verdict.outcome,
  person: verdict.actor,
  text: verdict.comment,
  environment: verdict.environment,
})

const ofComment = (comment: Schemas['Comment']): Happening => ({
  id: `comment-${comment.id}`,
  at: comment.created_at,
  what: 'commented',
  status: 'planned',
  person: comment.actor,
  text: comment.text,
})

/** Of two at the very same moment the cause comes first. */
const RANK: Record<Happening['what'], number> = Object.fromEntries(
  EVENTS.map((what, index) => [what, index]),
) as Record<Happening['what'], number>

export function timelineOf(
  card: Card,
  steps: readonly Step[],
  comments: readonly Schemas['Comment'][],
  verdicts: readonly Schemas['Verdict'][],
): Happening[] {
  const all = [...ofCard(card), ...steps.flatMap(ofStep), ...comments.map(ofComment), ...verdicts.map(ofVerdict)]
  return all.sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || RANK[a.what] - RANK[b.what])
}
