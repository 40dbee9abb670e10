/** From a ticket's steps to what the page shows: rows, the present one, segments, stages. Pure; invents no duration. */
import type { Schemas } from '@/lib/api/client'
import { isHeld } from '@/lib/brake'

export type Step = Schemas['Step']
export type RowStatus = 'planned' | 'running' | 'succeeded' | 'failed' | 'errored' | 'canceled' | 'skipped'
export type Row = {
  key: string
  name: string
  /** number of the wave among those of this name; null when there is but one */
  wave: number | null
  status: RowStatus
  steps: Step[]
  startedAt: string | null
  finishedAt: string | null
  /** a step that waits because the outside did not answer, and will look again */
  doubtful: Step | null
  /** a step that an emergency brake holds: nothing is wrong with it */
  held: Step | null
  reason: Schemas['Reason'] | null
}

/** Steps of our own housekeeping: they show inside the row that follows them. */
const FOLDED = new Set(['start', 'take_slot'])
const ACTIVE = new Set(['due', 'waiting', 'running'])

/** One row per name and wave; targets of one wave side by side in it. */
export function rowsOf(steps: Step[]): Row[] {
  const groups: { name: string; wave: number; steps: Step[] }[] = []
  let folded: Step[] = []
  for (const step of steps.toSorted((a, b) => a.wave - b.wave || a.order - b.order || a.id - b.id)) {
    if (FOLDED.has(step.name)) {
      folded.push(step)
      continue
    }
    const last = groups.find((group) => group.name === step.name && group.wave === step.wave)
    if (last) last.steps.push(step)
    else groups.push({ name: step.name, wave: step.wave, steps: [...folded, step] })
    folded = []
  }
  if (folded.length) groups.push({ name: folded[0]?.name ?? '', wave: folded[0]?.wave ?? 0, steps: folded })
  return groups.map((group) => {
    const waves = [...new Set(groups.filter((other) => other.name === group.name).map((other) => other.wave))]
    return {
      ...rowOf(group.steps),
      key: `${group.name}.${group.wave}`,
      name: group.name,
      wave: waves.length > 1 ? waves.indexOf(group.wave) + 1 : null,
    }
  })
}

function rowOf(steps: Step[]): Omit<Row, 'key' | 'name' | 'wave'> {
  const timed = withoutLaterHousekeeping(steps)
  const times = (field: 'started_at' | 'finished_at') =>
    timed
      .map((step) => step[field])
      .filter((at) => at !== null)
      .sort()
  const status = statusOf(steps)
  const active = steps.filter((step) => ACTIVE.has(step.status))
  return {
    steps,
    status,
    startedAt: times('started_at')[0] ?? null,
    finishedAt: status === 'running' || status === 'planned' ? null : (times('finished_at').at(-1) ?? null),
    doubtful: active.find((step) => step.troubles > 0 && step.reason !== null && !isHeld(step.reason)) ?? null,
    held: active.find((step) => isHeld(step.reason)) ?? null,
    reason: steps.find((step) => step.status === 'failed' || step.status === 'errored')?.reason ?? null,
  }
}

/** A retry does the housekeeping anew, long after the step that it was folded into had ended: no part of its time. */
function withoutLaterHousekeeping(steps: Step[]): Step[] {
  const own = steps.filter((step) => !FOLDED.has(step.name))
  const end = own.every((step) => step.finished_at)
    ? own
        .map((step) => step.finished_at ?? '')
        .toSorted()
        .at(-1)
    : ''
  return end ? steps.filter((step) => own.includes(step) || (step.started_at ?? '') <= end) : steps
}

function statusOf(steps: Step[]): RowStatus {
  const has = (status: string) => steps.some((step) => step.status === status)
  const all = (...statuses: string[]) => steps.every((step) => statuses.includes(step.status))
  if (steps.some((step) => ACTIVE.has(step.status))) return 'running'
  if (has('failed')) return 'failed'
  if (has('errored')) return 'errored'
  if (has('canceled')) return 'canceled'
  if (all('skipped')) return 'skipped'
  if (all('succeeded', 'skipped')) return 'succeeded'
  return has('succeeded') ? 'running' : 'planned'
}

const ENDED: RowStatus[] = ['succeeded', 'skipped']

/** The row the ticket is at: the running one, else the one that went wrong, else the first that has not ended. */
export function presentRow(rows: Row[]): { row: Row; number: number } | null {
  const at = [
    rows.findIndex((row) => row.status === 'running'),
    rows.findIndex((row) => row.status === 'failed' || row.status === 'errored'),
    rows.findIndex((row) => !ENDED.includes(row.status)),
  ].find((index) => index >= 0)
  const row = at === undefined ? undefined : rows[at]
  return row && at !== undefined ? { row, number: at + 1 } : null
}

const secondsOf = (spans: Schemas['TypicalPart'][] | undefined, name: string): number | null =>
  spans?.find((span) => span.name === name)?.seconds ?? null

/** Usual seconds of a row; several waves of one name share what is known of it. */
export function usualSeconds(rows: Row[], row: Row, typical: Schemas['Typical'] | undefined): number | null {
  const seconds = secondsOf(typical?.steps, row.name)
  return seconds === null ? null : seconds / rows.filter((other) => other.name === row.name).length
}

export type Segment = { key: string; weight: number; status: RowStatus; share: number | null }

/** The bar: as wide as the steps usually take, equal while that is unknown. `share` of a running one is never a guess. */
export function segmentsOf(rows: Row[], typical: Schemas['Typical'] | undefined, now: number): Segment[] {
  const usual = rows.map((row) => usualSeconds(rows, row, typical))
  const isKnown = usual.every((seconds) => seconds !== null)
  const total = usual.reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0)
  return rows.map((row, index) => {
    const seconds = usual[index] ?? null
    const elapsed = row.startedAt ? (now - new Date(row.startedAt).getTime()) / 1000 : 0
    return {
      key: row.key,
      status: row.status,
      // A step of a second among minutes still has to be seen.
      weight: isKnown && total > 0 ? Math.max(0.03, (seconds ?? 0) / total) : 1,
      share: row.status === 'running' && seconds ? Math.max(0.02, Math.min(0.96, elapsed / seconds)) : null,
    }
  })
}

export type StageRow = {
  name: string
  line: number | null
  status: RowStatus
  seconds: number | null
  usual: number | null
  since: number | null
}
type Mark = { name: string; line: number; started_at_ms?: number }

const isMark = (value: unknown): value is Mark =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Mark).name === 'string' &&
  typeof (value as Mark).line === 'number'

/** The stages of a build as its marks tell; those it usually has and did not reach yet follow, while it runs. */
export function stagesOf(
  build: Pick<Schemas['Build'], 'stages' | 'state' | 'result' | 'finished_at'>,
  typical: Schemas['Typical'] | undefined,
): StageRow[] {
  const marks = Array.isArray(build.stages) ? (build.stages as unknown[]).filter(isMark) : []
  const isOver = build.state === 'finished' || build.state === 'lost'
  const end = build.finished_at ? new Date(build.finished_at).getTime() : null
  const seen = marks.map((mark, index): StageRow => {
    const next = marks[index + 1]
    const until = next ? next.started_at_ms : end
    const isLast = !next
    const last: RowStatus = !isOver
      ? 'running'
      : build.result === 'SUCCESS'
        ? 'succeeded'
        : build.result === 'ABORTED'
          ? 'canceled'
          : 'failed'
    return {
      name: mark.name,
      line: mark.line,
      status: isLast ? last : 'succeeded',
      seconds: mark.started_at_ms && until ? Math.max(0, until - mark.started_at_ms) / 1000 : null,
      usual: secondsOf(typical?.stages, mark.name),
      since: isLast && !isOver ? (mark.started_at_ms ?? null) : null,
    }
  })
  if (isOver) return seen
  const names = new Set(marks.map((mark) => mark.name))
  const ahead = (typical?.stages ?? []).filter((span) => !names.has(span.name))
  return [
    ...seen,
    ...ahead.map((span): StageRow => ({
      name: span.name,
      line: null,
      status: 'planned',
      seconds: null,
      usual: span.seconds,
      since: null,
    })),
  ]
}

export const LONGER = 1.5
export const isLongerThanUsual = (elapsed: number, typical: Schemas['Typical'] | undefined): boolean =>
  typical?.total_seconds != null && elapsed > typical.total_seconds * LONGER
