/** Statuses and what hue and icon they carry (UI.md §4.1). The one table; nothing else maps a status to a colour. */

export type Hue = 'ok' | 'run' | 'wait' | 'bad' | 'odd' | 'off'

export const HUE_OF: Record<string, Hue> = {
  // tickets
  pending_confirmation: 'wait',
  pending_approval: 'wait',
  scheduled: 'run',
  queued: 'run',
  running: 'run',
  succeeded: 'ok',
  failed: 'bad',
  rejected: 'bad',
  errored: 'odd',
  canceled: 'off',
  superseded: 'off',
  expired: 'off',
  // steps
  planned: 'off',
  due: 'run',
  waiting: 'run',
  skipped: 'off',
  // workloads
  ready: 'ok',
  moving: 'run',
  failing: 'bad',
  offline: 'off',
  gone: 'bad',
  unknown: 'odd',
  // verdicts, checks, gates
  passed: 'ok',
  open: 'wait',
  closed: 'bad',
  // summaries of projects
  ok: 'ok',
  wait: 'wait',
  run: 'run',
  bad: 'bad',
  odd: 'odd',
  off: 'off',
  none: 'off',
}

export const hueOf = (status: string): Hue => HUE_OF[status] ?? 'odd'

/** Kinds of tickets a project has, as filters offer them. */
export const TICKET_KINDS = ['release', 'promote', 'roll_back'] as const

/** Kinds by which a project comes and goes: they belong to no environment. */
export const ACCESS_KINDS = ['project_access', 'project_removal'] as const
export const isAccessKind = (kind: string): boolean => (ACCESS_KINDS as readonly string[]).includes(kind)

/** Kinds about a shell in a container, and what becomes of the pod. */
export const SHELL_KINDS = ['emergency_shell', 'recycle_pod'] as const
export const isShellKind = (kind: string): boolean => (SHELL_KINDS as readonly string[]).includes(kind)

/** Kinds that are about what many projects share. */
export const CATALOG_KINDS = ['resync_jobs'] as const

/** Statuses of tickets, what is open first. */
export const TICKET_STATUSES = [
  'pending_confirmation',
  'pending_approval',
  'scheduled',
  'queued',
  'running',
  'succeeded',
  'failed',
  'errored',
  'canceled',
  'rejected',
  'superseded',
  'expired',
] as const

const OVER = new Set(['succeeded', 'failed', 'errored', 'canceled', 'rejected', 'superseded', 'expired'])
export const isOver = (status: string): boolean => OVER.has(status)
