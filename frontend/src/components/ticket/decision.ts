/** What the bar under a decision is: buttons, a change to look at first, or a sentence. Pure. */
import { isOver } from '@/lib/status'
import { movedLines, linesBetween, type DiffGroup } from './diff'
import type { Card, ChangedLine } from './types'

/** What the reader had before him when he began to read. */
export type Read = { fingerprint: string; change: unknown; wasMine: boolean }

export const readOf = (card: Card): Read => ({
  fingerprint: card.fingerprint,
  change: card.change,
  wasMine: card.rights.approve.allowed,
})

export type Bar =
  | { kind: 'decide' }
  | { kind: 'changed'; groups: DiffGroup[]; voided: string[] }
  /** he could decide when he opened it, and now somebody else has, or it went another way */
  | { kind: 'overtaken'; by: string; decision: 'approve' | 'reject' | ''; at: string }
  | { kind: 'mine'; left: number }
  /** filed by the reader, or of a version that is his */
  | { kind: 'own'; filed: boolean }
  | { kind: 'denied' }
  | { kind: 'none' }

const nameOf = (person: { username: string; display_name: string }) => person.display_name || person.username

/** The lines that moved: what the server says of this very move, else what differs between the two changes. */
function moved(card: Card, read: Read, told: readonly ChangedLine[]): DiffGroup[] {
  if (told.length) return movedLines(told, card.change)
  const voided = card.approvals.find(
    (one) => one.voided_at && one.fingerprint === read.fingerprint && one.changed_lines.length,
  )
  return movedLines(voided?.changed_lines ?? linesBetween(read.change, card.change), card.change)
}

export function barOf(card: Card, read: Read, myId: number, told: readonly ChangedLine[] = []): Bar {
  const { approve } = card.rights
  if (approve.allowed) {
    if (read.fingerprint === card.fingerprint) return { kind: 'decide' }
    const voided = card.approvals.filter((one) => one.voided_at && one.fingerprint === read.fingerprint)
    return {
      kind: 'changed',
      groups: moved(card, read, told),
      voided: [...new Set(voided.map((one) => nameOf(one.actor)))],
    }
  }
  const last = card.approvals
    .filter((one) => !one.voided_at)
    .toSorted((a, b) => a.created_at.localeCompare(b.created_at))
    .at(-1)
  const missing = Math.max(0, card.approvals_needed - card.approvals_given)
  if (card.status === 'pending_approval') {
    if (card.approvals.some((one) => !one.voided_at && one.actor.id === myId)) return { kind: 'mine', left: missing }
    const filed = card.requester.id === myId
    return filed || approve.code === 'policy.not_requester' ? { kind: 'own', filed } : { kind: 'denied' }
  }
  if (read.wasMine && last?.actor.id !== myId)
    return {
      kind: 'overtaken',
      by: last ? nameOf(last.actor) : '',
      decision: last?.decision === 'reject' ? 'reject' : last ? 'approve' : '',
      at: last?.created_at ?? '',
    }
  if (read.wasMine && last) return { kind: 'mine', left: isOver(card.status) ? 0 : missing }
  return { kind: 'none' }
}
