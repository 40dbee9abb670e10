/** Which one button is filled on the overview, for this reader (UI.md §2.4). Decides only; the page draws it. */
import type { Schemas } from '@/lib/api/client'
import { versionOf, type Row } from './board'

export type Primary =
  { kind: 'approve'; ticket: number } | { kind: 'verdict'; environment: string } | { kind: 'release' } | null

type Asker = { id: number; roles: Schemas['MyRole'][] }

const holds = (asker: Asker, role: string, environment?: string) =>
  asker.roles.some((mine) => mine.role === role && (environment === undefined || mine.environment === environment))

export const mayRelease = (rows: Row[]): boolean => rows.some((row) => row.rights.release.allowed)

/** The environment to offer to roll back: the last in the chain where the reader may. */
export const rollBackPlace = (rows: Row[]): string | undefined =>
  rows.findLast((row) => row.rights.roll_back.allowed)?.environment.slug

/** The environment whose image waits for the reader's verdict; production is judged by nobody. */
export const toJudge = (rows: Row[]): string | undefined =>
  rows.find(
    (row) =>
      row.rights.verdict.allowed &&
      row.environment.tier !== 'production' &&
      versionOf(row)?.is_built_here &&
      !row.cells.some((cell) => cell.verdict || cell.is_moving),
  )?.environment.slug

/** Deciding goes before releasing, and who releases every day is offered just that. */
export function primaryOf(rows: Row[], asker: Asker): Primary {
  for (const row of rows) {
    const ticket = row.open_tickets.find((one) => one.status === 'pending_approval' && one.requester.id !== asker.id)
    if (ticket && holds(asker, 'ops', row.environment.slug)) return { kind: 'approve', ticket: ticket.id }
  }
  if (holds(asker, 'developer') && mayRelease(rows)) return { kind: 'release' }
  const environment = toJudge(rows)
  return environment ? { kind: 'verdict', environment } : null
}
