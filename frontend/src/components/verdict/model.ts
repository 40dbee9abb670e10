/** What the verdict panel decides from what the API says: readiness per cluster, whose word counts, what a list of links sends. */
import type { Schemas } from '@/lib/api/client'
import type { Hue } from '@/lib/status'
import { isWebAddress } from '@/lib/web'

export type Ready = {
  cluster: string
  hue: Hue
  ready: number | null
  total: number | null
  seenAt: string | null
  isSilent: boolean
}
export type Link = { title: string; url: string }
export type VerdictDraft = { comment: string; evidence: Link[] }

/** The clusters on which this very image runs; others tell nothing about it. */
export function readiness(environment: Schemas['BoardEnvironment'] | undefined, digest: string): Ready[] {
  return (environment?.cells ?? [])
    .filter((cell) => digest !== '' && cell.digest === digest)
    .map((cell) => ({
      cluster: cell.cluster.name,
      ready: cell.ready,
      total: cell.total,
      seenAt: cell.cluster.seen_at,
      isSilent: cell.cluster.is_silent,
      hue: hueOfCell(cell),
    }))
}

function hueOfCell(cell: Schemas['BoardCell']): Hue {
  if (cell.cluster.is_silent || cell.ready === null) return 'odd'
  if (cell.is_moving) return 'run'
  return cell.total !== null && cell.ready >= cell.total && cell.total > 0 ? 'ok' : 'bad'
}

/** Verdicts on the image in one environment, newest first: the first one counts (D16). */
export const verdictsIn = (verdicts: Schemas['Verdict'][], environment: string): Schemas['Verdict'][] =>
  verdicts
    .filter((verdict) => verdict.environment.slug === environment)
    .sort((a, b) => b.created_at.localeCompare(a.created_at) || b.id - a.id)

/** Rows that say something, as the API wants them: a link without a title is called by its host. */
export const evidenceToSend = (rows: Link[]): Link[] =>
  rows
    .map(({ title, url }) => ({ title: title.trim(), url: url.trim() }))
    .filter(({ title, url }) => title !== '' || url !== '')
    .map(({ title, url }) => ({ url, title: title || (isWebAddress(url) ? new URL(url).host : url) }))
