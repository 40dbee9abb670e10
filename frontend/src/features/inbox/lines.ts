/** The list of an inbox: its groups, and how it stands still while it lives (UI.md §1.9). Pure. */
import type { Schemas } from '@/lib/api/client'
import type { InboxTab } from '@/lib/api/queries'
import { isOver } from '@/lib/status'

export type Line = Schemas['InboxLine']
export const GROUPS = ['approve', 'confirm', 'review', 'failed', 'waiting', 'moving', 'done'] as const
export type GroupName = (typeof GROUPS)[number]
export type Row = {
  line: Line
  /** it left this tab while it was being looked at: dealt with, by anybody */ gone: boolean
}

/** A promote that waits for a verdict and a version that nobody has judged yet want the same of the reader. */
const GROUP_OF: Record<string, GroupName> = {
  approve: 'approve',
  confirm: 'confirm',
  verdict: 'confirm',
  review: 'review',
}
const WAITING = new Set(['pending_confirmation', 'pending_approval', 'scheduled'])

/** Which heading a line stands under. A reason this page does not know is something to look after. */
export function groupOf(tab: InboxTab, line: Line): GroupName {
  if (tab === 'needs') return GROUP_OF[line.needs] ?? 'failed'
  if (tab === 'done' || isOver(line.status)) return 'done'
  return WAITING.has(line.status) ? 'waiting' : 'moving'
}

/**
 * The rows a reader sees: those he saw first, in that order, brought up to date in place. What came since is only
 * counted; what left stays, quiet, so that no click can hit another row than the one seen.
 */
export function held(seen: readonly Line[], fresh: readonly Line[]): { rows: Row[]; news: number } {
  const now = new Map(fresh.map((line) => [line.id, line]))
  const known = new Set(seen.map((line) => line.id))
  return {
    rows: seen.map((line) => ({ line: now.get(line.id) ?? line, gone: !now.has(line.id) })),
    news: fresh.filter((line) => !known.has(line.id)).length,
  }
}

export type Group = { name: GroupName; rows: Row[] }

/** Groups in their order; a row stays in the group in which it was seen. */
export function grouped(tab: InboxTab, rows: readonly Row[], seen: readonly Line[]): Group[] {
  const first = new Map(seen.map((line) => [line.id, groupOf(tab, line)]))
  return GROUPS.map((name) => ({
    name,
    rows: rows.filter((row) => (first.get(row.line.id) ?? groupOf(tab, row.line)) === name),
  })).filter((group) => group.rows.length > 0)
}

/** The row above or below, in the order of the eye; stays at the ends. */
export function neighbour(groups: readonly Group[], selected: number | undefined, step: 1 | -1): number | undefined {
  const ids = groups.flatMap((group) => group.rows.map((row) => row.line.id))
  const at = selected === undefined ? -1 : ids.indexOf(selected)
  if (at < 0) return ids[step > 0 ? 0 : ids.length - 1]
  return ids[Math.min(ids.length - 1, Math.max(0, at + step))]
}
