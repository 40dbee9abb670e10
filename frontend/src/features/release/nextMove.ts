/** Who is next and what this reader's one button is. Rights come from the API. */
import type { Schemas } from '@/lib/api/client'
import { verdictsIn } from '@/components/verdict/model'

type Place = Schemas['BoardEnvironment']

export type Move =
  | { what: 'verdict'; environment: string }
  | { what: 'promote'; to: string }
  | { what: 'retry'; ticket: number }
  | { what: 'none' }

export type Who =
  | 'running_mine'
  | 'running'
  | 'canceling'
  | 'held'
  | 'queued'
  | 'verdict_you'
  | 'verdict_tester'
  | 'promote_you'
  | 'promote_others'
  | 'asked'
  | 'refused'
  | 'retry_you'
  | 'retry_others'
  | 'retry_none'
  | 'done'
  | 'ended'

export type Situation = {
  move: Move
  who: Who
  params: { environment?: string; name?: string; ticket?: number; n?: number }
}

type Facts = { release: Schemas['ReleaseCard']; card: Schemas['TicketCard']; board: Place[]; meId: number }

const BROKEN = new Set(['failed', 'errored'])
const OPEN = new Set(['pending_confirmation', 'pending_approval', 'scheduled', 'queued', 'running'])

export function situationOf({ release, card, board, meId }: Facts): Situation {
  const none: Move = { what: 'none' }
  if (card.cancel_requested_at && OPEN.has(card.status)) return { move: none, who: 'canceling', params: {} }
  if (card.held_by && OPEN.has(card.status)) return { move: none, who: 'held', params: {} }
  if (card.status === 'queued')
    return { move: none, who: 'queued', params: { n: card.place_in_queue ?? 0, environment: card.environment?.slug } }
  if (OPEN.has(card.status))
    return { move: none, who: card.requester.id === meId ? 'running_mine' : 'running', params: {} }
  if (BROKEN.has(card.status)) {
    const { retry } = card.rights
    if (retry.allowed) return { move: { what: 'retry', ticket: card.id }, who: 'retry_you', params: {} }
    // Refused for who one is, others may; refused for how things stand, nobody may.
    const isPersonal = retry.code.startsWith('policy.')
    return {
      move: none,
      who: isPersonal ? 'retry_others' : 'retry_none',
      params: { name: card.requester.display_name || card.requester.username },
    }
  }
  if (card.status !== 'succeeded') return { move: none, who: 'ended', params: {} }
  return afterSuccess({ release, card, board, meId })
}

function afterSuccess({ release, card, board }: Facts): Situation {
  const environment = card.environment?.slug ?? ''
  const asked = release.tickets.find((ticket) => ticket.kind === 'promote' && OPEN.has(ticket.status))
  if (asked)
    return { move: { what: 'none' }, who: 'asked', params: { ticket: asked.id, environment: asked.environment?.slug } }
  const latest = verdictsIn(release.verdicts, environment)[0]
  const place = board.find((row) => row.environment.slug === environment)
  if (!latest) {
    const may = place?.rights.verdict.allowed ?? card.rights.verdict.allowed
    return may
      ? { move: { what: 'verdict', environment }, who: 'verdict_you', params: { environment } }
      : { move: { what: 'none' }, who: 'verdict_tester', params: { environment } }
  }
  if (latest.outcome !== 'passed') {
    return {
      move: { what: 'none' },
      who: 'refused',
      params: { environment, name: latest.actor.display_name || latest.actor.username },
    }
  }
  const target = targetAfter(release, board, place)
  if (!target) return { move: { what: 'none' }, who: 'done', params: {} }
  const may = target.rights.promote.allowed
  return may
    ? {
        move: { what: 'promote', to: target.environment.slug },
        who: 'promote_you',
        params: { environment: target.environment.slug },
      }
    : { move: { what: 'none' }, who: 'promote_others', params: { environment: target.environment.slug } }
}

/** The environment this image may be asked into next, as the board says of where it is now. */
function targetAfter(release: Schemas['ReleaseCard'], board: Place[], place: Place | undefined): Place | undefined {
  const follows = place?.next.find((next) => next.digest === release.digest && next.is_open)
  return board.find((row) => row.environment.slug === follows?.environment)
}

/** Where this image runs in production now, and so where one would roll back. */
export const runsInProduction = (release: Schemas['ReleaseCard'], board: Place[]): Place | undefined =>
  board.find(
    (row) =>
      row.environment.tier === 'production' &&
      release.digest !== '' &&
      row.cells.some((cell) => cell.digest === release.digest),
  )
