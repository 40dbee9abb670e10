/** What the filing pages decide from what they read: grouping, defaults, which words a button carries. No React, no sentences. */
import type { Schemas } from '@/lib/api/client'
import { glyphCells } from '@/lib/glyph'
import { imageParts, tagOfImage } from '@/lib/image'

export type Preview = Schemas['Preview']
export type Change = Schemas['Change']
export type Release = Schemas['Release']
export type BoardRow = Schemas['BoardEnvironment']
export type ImageOf = { tag: string | null; digest: string | null }

/** A pattern has a tag, but no digest before it is built. */
function imageOf(reference: string | null | undefined): ImageOf {
  const { tag, digest } = imageParts(reference ?? '')
  return { tag: tag || null, digest: glyphCells(digest) && digest }
}

export type ChangeGroup = { before: ImageOf; after: ImageOf; isPattern: boolean; targets: Change[] }

/** Targets that go from the same image to the same image, each group in the order of its waves. */
export function groupChanges(changes: Change[]): ChangeGroup[] {
  const groups = new Map<string, ChangeGroup>()
  for (const change of [...changes].sort((a, b) => a.wave - b.wave || a.cluster.localeCompare(b.cluster))) {
    const before = imageOf(change.before)
    const after = imageOf(change.after)
    const key = JSON.stringify([before, after])
    const group = groups.get(key) ?? { before, after, isPattern: change.is_pattern, targets: [] }
    group.targets.push(change)
    groups.set(key, group)
  }
  return [...groups.values()]
}

type Said = { code: string; params: Record<string, unknown>; detail: string }

/** Why it cannot be filed: gates that will not open and findings that deny, each cause once. */
export function blockers(preview: Preview): Said[] {
  const causes = [
    ...preview.gates.filter((gate) => gate.state === 'refused'),
    ...preview.findings.filter((finding) => finding.level === 'deny'),
  ]
  return causes.filter((one, index) => causes.findIndex((other) => other.code === one.code) === index)
}

/** Findings that no gate has said already. */
export const ownFindings = (preview: Preview): Schemas['Finding'][] =>
  preview.findings.filter((finding) => !preview.gates.some((gate) => gate.code === finding.code))

export type PromoteAct = 'wait' | 'ask' | 'go'

/** Whom the ticket meets first: the tester, who approves, or nobody. */
export function promoteAct(preview: Preview): PromoteAct {
  if (preview.first_status === 'pending_confirmation') return 'wait'
  return preview.first_status === 'pending_approval' ? 'ask' : 'go'
}

export const runningDigests = (row: BoardRow | undefined): Set<string> =>
  new Set((row?.cells ?? []).filter((cell) => cell.exists !== false && cell.digest).map((cell) => cell.digest))

/** The one image that runs in a row of the board; null when there is none or there are several. */
export function runningImage(row: BoardRow | undefined): ImageOf | null {
  if (runningDigests(row).size !== 1) return null
  const cell = row?.cells.find((one) => one.digest)
  return cell ? { tag: cell.release?.tag || tagOfImage(cell.image), digest: cell.digest } : null
}

/** The verdict that counts per environment: the latest. */
export function verdictsOf(release: Release): Map<string, Schemas['Verdict']> {
  const found = new Map<string, Schemas['Verdict']>()
  for (const verdict of [...release.verdicts].sort((a, b) => a.id - b.id)) found.set(verdict.environment.slug, verdict)
  return found
}

const hasPassed = (release: Release): boolean => [...verdictsOf(release).values()].some((v) => v.outcome === 'passed')

/** What one most likely wants to promote: the newest that passed and does not run there, else the newest image. */
export function versionToPromote(releases: Release[], target: BoardRow | undefined): Release | undefined {
  const running = runningDigests(target)
  const other = releases.filter((release) => release.digest && !running.has(release.digest))
  return other.find(hasPassed) ?? other[0] ?? releases.find((release) => release.digest)
}

/** Versions that ran in an environment and neither run there now nor are offered already; one row per image. */
export function earlierVersions(releases: Release[], environment: string, leaveOut: Set<string>): Release[] {
  const seen = new Set(leaveOut)
  return releases.filter((release) => {
    if (!release.digest || seen.has(release.digest)) return false
    if (!release.ran_in.some((ran) => ran.environment === environment)) return false
    seen.add(release.digest)
    return true
  })
}

const BEFORE_SLOT = new Set([
  'start',
  'create_tag',
  'ensure_job',
  'start_build',
  'await_build',
  'resolve_digest',
  'take_slot',
])

/** Whether a running ticket is changing its environment: a roll back stops exactly that one (D7, D10). */
export const isChanging = (ticket: Schemas['Ticket']): boolean =>
  ticket.status === 'running' && ticket.progress.now.some((step) => !BEFORE_SLOT.has(step))
