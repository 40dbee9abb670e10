/** What the board says, worked out from the answer: columns, parts of a cell, the one note, what comes next. Draws nothing. */
import type { Schemas } from '@/lib/api/client'
import { tagOfImage } from '@/lib/image'
import type { Hue } from '@/lib/status'

export type Cell = Schemas['BoardCell']
export type Row = Schemas['BoardEnvironment']

/** Above this many clusters the columns are data centres. */
export const MOST_CLUSTERS = 8

const isProduction = (row: Row): boolean => row.environment.tier === 'production'

export type Column = { key: string; title: string; clusters: string[]; isSilent: boolean; seenAt: string | null }

/** The clusters in promotion order, production's last and in its waves; many of them by data centre. */
export function columnsOf(rows: Row[]): Column[] {
  const clusters = new Map<string, Schemas['BoardCluster']>()
  const inProduction = new Set(rows.filter(isProduction).flatMap((row) => row.cells.map((cell) => cell.cluster.name)))
  for (const row of rows)
    for (const { cluster } of row.cells) if (!inProduction.has(cluster.name)) clusters.set(cluster.name, cluster)
  for (const row of rows.filter(isProduction)) for (const { cluster } of row.cells) clusters.set(cluster.name, cluster)
  const byCentre = clusters.size > MOST_CLUSTERS
  const shared = new Map<string, number>()
  for (const { data_centre } of clusters.values()) shared.set(data_centre, (shared.get(data_centre) ?? 0) + 1)
  const columns = new Map<string, Column>()
  for (const cluster of clusters.values()) {
    const key = byCentre ? cluster.data_centre || cluster.name : cluster.name
    // Two clusters of one data centre are told apart by their own names.
    const title = byCentre || shared.get(cluster.data_centre) === 1 ? cluster.data_centre || cluster.name : cluster.name
    const column = columns.get(key) ?? { key, title, clusters: [], isSilent: false, seenAt: null }
    column.clusters.push(cluster.name)
    if (cluster.is_silent) {
      column.isSilent = true
      column.seenAt = cluster.seen_at
    }
    columns.set(key, column)
  }
  return [...columns.values()]
}

export type Note =
  | 'silent'
  | 'unseen'
  | 'first'
  | 'gone'
  | 'rolling'
  | 'drifted'
  | 'not_ready'
  | 'behind'
  | 'failed'
  | 'passed'
  | 'not_built'
  | 'offline'

const newest = (row: Row): number => Math.max(0, ...row.cells.map((cell) => cell.release?.id ?? 0))

/** Configured, and no release ever brought it here: nothing is missing yet. */
const isBeforeFirst = ({ will_be_made, last_rollout, expected_digest }: Cell): boolean =>
  will_be_made && last_rollout === null && expected_digest === ''

/** The one thing to say about a cell: what troubles it first, then what was said of its image. */
export function noteOf(cell: Cell, row: Row): Note | null {
  if (!cell.is_observed) return 'unseen'
  if (cell.cluster.is_silent) return 'silent'
  if (cell.exists === false) return isBeforeFirst(cell) ? 'first' : 'gone'
  if (cell.is_moving) return 'rolling'
  if (cell.is_drifted) return 'drifted'
  if (cell.total === 0) return 'offline'
  if (cell.ready !== null && cell.total !== null && cell.ready < cell.total) return 'not_ready'
  if (cell.release && cell.release.id < newest(row)) return 'behind'
  if (cell.verdict?.outcome === 'failed') return 'failed'
  if (cell.verdict?.outcome === 'passed') return 'passed'
  if (cell.digest && !cell.release?.is_built_here) return 'not_built'
  return null
}

const HUES: Partial<Record<Note, Hue>> = {
  silent: 'odd',
  unseen: 'off',
  first: 'off',
  gone: 'bad',
  rolling: 'run',
  not_ready: 'bad',
  offline: 'off',
}
/** The shape before "2/2": what the pods do, whatever was said of the image. */
export const markOf = (note: Note | null): Hue => (note && HUES[note]) || 'ok'

const NOTE_HUES: Record<Note, Hue | null> = {
  silent: 'odd',
  unseen: 'off',
  first: 'off',
  gone: 'bad',
  rolling: 'run',
  drifted: 'wait',
  not_ready: 'bad',
  behind: 'wait',
  failed: 'bad',
  passed: 'ok',
  not_built: null,
  offline: 'off',
}
export const noteHue = (note: Note): Hue | null => NOTE_HUES[note]

export type Part = {
  key: string
  digest: string
  tag: string
  release: Schemas['TicketRelease'] | null
  ready: number | null
  total: number | null
  changedAt: string | null
  seenAt: string | null
  note: Note | null
  clusters: number
  /** named only where a project has several workloads */
  workload: string | null
}

const sum = (a: number | null, b: number | null): number | null =>
  a === null && b === null ? null : (a ?? 0) + (b ?? 0)

/** What one environment runs in one column; the same image in the same condition is said once. */
export function partsAt(row: Row, column: Column): Part[] {
  const several = new Set(row.cells.map((cell) => cell.workload.name)).size > 1
  const parts = new Map<string, Part>()
  for (const cell of row.cells) {
    if (!column.clusters.includes(cell.cluster.name)) continue
    const note = noteOf(cell, row)
    const key = [several ? cell.workload.name : '', cell.digest, note].join('|')
    const part = parts.get(key)
    if (part) {
      part.ready = sum(part.ready, cell.ready)
      part.total = sum(part.total, cell.total)
      part.clusters += 1
      if ((cell.changed_at ?? '') > (part.changedAt ?? '')) part.changedAt = cell.changed_at
      continue
    }
    parts.set(key, {
      key,
      note,
      digest: cell.digest,
      release: cell.release,
      tag: cell.release?.tag || tagOfImage(cell.image),
      ready: cell.ready,
      total: cell.total,
      changedAt: cell.changed_at,
      seenAt: cell.cluster.seen_at,
      clusters: 1,
      workload: several ? cell.workload.name : null,
    })
  }
  return [...parts.values()]
}

/** The environment everything is compared with: the first production one. */
export const baselineOf = (rows: Row[]): Row | undefined => rows.find(isProduction)

/** The version a whole environment runs; null where it is several, none, or one we do not know. */
export function versionOf(row: Row): Schemas['TicketRelease'] | null {
  const [first, ...others] = row.cells
  if (!first?.release || others.some((cell) => cell.digest !== first.digest)) return null
  return first.release
}

export const sameEverywhere = (row: Row, other: Row): boolean => {
  const digests = new Set([...row.cells, ...other.cells].map((cell) => cell.digest))
  return digests.size === 1 && !digests.has('')
}

export type Step =
  | { kind: 'asked'; ticket: number; to: string }
  | { kind: 'open'; tag: string; to: string; right: Schemas['Right'] | undefined }
  | { kind: 'closed'; to: string; code: string; reason: Schemas['Reason'] }

/** Where the image of an environment may go next: asked already, open, or why not yet; the same reason only once. */
export function stepsOf(row: Row, rows: Row[]): Step[] {
  const said = new Set<string>()
  return row.next.flatMap((next): Step[] => {
    const to = next.environment
    if (next.ticket !== null) return [{ kind: 'asked', ticket: next.ticket, to }]
    const right = rows.find((one) => one.environment.slug === to)?.rights.promote
    if (next.is_open) return [{ kind: 'open', tag: next.tag, to, right }]
    if (!next.reason || said.has(next.reason.code)) return []
    said.add(next.reason.code)
    return [{ kind: 'closed', to, code: next.reason.code, reason: next.reason }]
  })
}

const WAITING = ['pending_approval', 'pending_confirmation']
const UNDER_WAY = ['running', 'queued', 'scheduled']
const TIERS = ['production', 'staging', 'test', 'development']

export type Urgent = { ticket: Schemas['BoardTicket']; row: Row }

/** The ticket that holds things up most: a waiting one before a moving one, production first, then the oldest. */
export function mostUrgent(rows: Row[]): Urgent | null {
  const rank = ({ ticket, row }: Urgent) => {
    const waiting = WAITING.indexOf(ticket.status)
    const status = waiting >= 0 ? waiting : 10 + UNDER_WAY.indexOf(ticket.status)
    return status * 10 + TIERS.indexOf(row.environment.tier)
  }
  const all = rows.flatMap((row) => row.open_tickets.map((ticket) => ({ ticket, row })))
  return all.sort((a, b) => rank(a) - rank(b) || a.ticket.created_at.localeCompare(b.ticket.created_at))[0] ?? null
}
