/** Words and values of bulk intake: what may be corrected of a row, and how a batch stands. Pure. */
import type { Schemas } from '@/lib/api/client'
import type { DiffRow } from '../parts/form'

export type Intake = Schemas['Intake']
export type Row = Schemas['IntakeRow']
export type Change = Schemas['PatchedRowChangeRequest']
export type Workload = Schemas['IntakeWorkload']
export type RowState = Row['state']
export type Confidence = Row['confidence']

export const ROW_STATES = ['waiting', 'taken', 'failed', 'exists'] as const satisfies readonly RowState[]
export const CONFIDENCES = ['certain', 'likely', 'unsure'] as const satisfies readonly Confidence[]
export const MIGRATIONS = ['vm', 'mixed', 'container'] as const

export type Filter = { q?: string; state?: RowState; confidence?: Confidence; problems?: true }

/** The filter as the API takes it. */
export const asQuery = ({ q, state, confidence, problems }: Filter) => ({
  ...(q ? { q } : {}),
  ...(state ? { state } : {}),
  ...(confidence ? { confidence } : {}),
  ...(problems ? { has_problems: true } : {}),
})

const BUSY = new Set<Intake['state']>(['reading', 'taking'])
/** A worker is at it: rows are not changed, the page looks again by itself. */
export const isBusy = (intake: Intake): boolean => BUSY.has(intake.state)

/** A row that may still be corrected and ticked. */
export const isOpen = (row: Row): boolean => row.state === 'waiting' || row.state === 'failed'
export const hasProblems = (row: Row): boolean => Object.keys(row.problems ?? {}).length > 0

/** Of those that were to be taken in: how many are through, well or not. */
export function progressOf({ counts }: Intake): { done: number; of: number } {
  const of = counts.taken + counts.ticked
  return { done: of - counts.due, of }
}

/** The mark of a row's state, by the house's statuses. */
export const MARK: Record<RowState, string> = {
  waiting: 'planned',
  taken: 'succeeded',
  failed: 'failed',
  exists: 'skipped',
}

export type Values = {
  slug: string
  name: string
  language: string
  gitlab: string
  gitlab_path: string
  jenkins: string
  job: string
  registry: string
  image_repository: string
  environments: string[]
  owners: string[]
  workloads: Workload[]
  migration: string
  container_weight: number
  container_servers: string[]
  servers: string[]
}

export const valuesOf = (row: Row): Values => ({
  slug: row.slug,
  name: row.name,
  language: row.language,
  gitlab: row.gitlab,
  gitlab_path: row.gitlab_path,
  jenkins: row.jenkins,
  job: row.job,
  registry: row.registry,
  image_repository: row.image_repository,
  environments: row.environments,
  owners: row.owners,
  workloads: row.workloads,
  migration: row.migration.state ?? 'vm',
  container_weight: row.migration.container_weight ?? 50,
  container_servers: row.migration.container_servers ?? [],
  servers: row.migration.servers ?? [],
})

const MIGRATION_FIELDS = new Set<keyof Values>(['migration', 'container_weight', 'container_servers', 'servers'])
type Migration = NonNullable<Change['migration']>

function migrationOf(values: Values): Migration {
  const state = values.migration as Migration['state']
  return {
    state,
    ...(state === 'mixed' ? { container_weight: values.container_weight } : {}),
    ...(values.container_servers.length ? { container_servers: values.container_servers } : {}),
    ...(values.servers.length ? { servers: values.servers } : {}),
  }
}

/** What is sent of the edits; the four fields of the migration travel together. */
export function changeOf(changes: Partial<Values>, values: Values): Change {
  const own = Object.entries(changes).filter(([name]) => !MIGRATION_FIELDS.has(name as keyof Values))
  const moves = Object.keys(changes).some((name) => MIGRATION_FIELDS.has(name as keyof Values))
  return { ...Object.fromEntries(own), ...(moves ? { migration: migrationOf(values) } : {}) } as Change
}

/** A Deployment in one line, as the CSV writes it. */
export const workloadLine = (one: Workload): string =>
  [one.environment, one.cluster, one.deployment, one.container || '?'].join('/')

function shown(value: Values[keyof Values] | undefined): string {
  if (!Array.isArray(value)) return String(value ?? '')
  return value.map((one) => (typeof one === 'string' ? one : workloadLine(one))).join(', ')
}

/** What saving would change, field by field. */
export const diffOf = (initial: Values, changes: Partial<Values>, label: (name: keyof Values) => string): DiffRow[] =>
  (Object.keys(changes) as (keyof Values)[]).map((name) => ({
    label: label(name),
    before: shown(initial[name]) || null,
    after: shown(changes[name]) || null,
  }))

/** The file as text; null when it is no UTF-8. */
export async function textOf(file: Blob): Promise<string | null> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer())
  } catch {
    return null
  }
}
export const MOST_BYTES = 1_000_000
