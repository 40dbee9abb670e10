/** Grants sorted for the eye: by person and place, and by when they end. Pure. */
import type { Schemas } from '@/lib/api/client'

export type Grant = Schemas['Grant']
export type Role = Grant['role']
export const ROLES: Role[] = ['developer', 'tester', 'ops']
export const SOON_DAYS = 14
const DAY = 86_400_000

export type PersonRow = { user: Grant['user']; cells: Map<string, Grant[]> }

/** One row a person, by name; in a cell the roles stand in the order of the table above. */
export function rowsOf(grants: readonly Grant[]): PersonRow[] {
  const rows = new Map<number, PersonRow>()
  for (const grant of grants) {
    const row = rows.get(grant.user.id) ?? { user: grant.user, cells: new Map<string, Grant[]>() }
    rows.set(grant.user.id, row)
    const cell = [...(row.cells.get(grant.environment) ?? []), grant]
    row.cells.set(
      grant.environment,
      cell.sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role)),
    )
  }
  const name = ({ user }: PersonRow) => user.display_name || user.username
  return [...rows.values()].sort((a, b) => name(a).localeCompare(name(b)))
}

/** The project's own environments in promotion order, then those that only a grant still names. */
export function columnsOf(own: readonly string[], grants: readonly Grant[]): string[] {
  return [...new Set([...own, ...grants.map(({ environment }) => environment).sort()])]
}

export const endsSoon = (grant: Pick<Grant, 'expires_at'>, now: number): boolean =>
  grant.expires_at !== null && new Date(grant.expires_at).getTime() - now <= SOON_DAYS * DAY

export const endingSoon = (grants: readonly Grant[], now: number): Grant[] =>
  grants.filter((grant) => endsSoon(grant, now)).sort((a, b) => (a.expires_at ?? '').localeCompare(b.expires_at ?? ''))

/** How far a zone's clock is ahead of UTC at a moment, in milliseconds. */
function ahead(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at)
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = [
    'year',
    'month',
    'day',
    'hour',
    'minute',
    'second',
  ].map((type) => Number(parts.find((part) => part.type === type)?.value))
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000
}

/** The last second of a day (`2026-12-31`) by the clock of a zone, as the API takes it. */
export function endOfDay(day: string, zone: string): string {
  const wall = Date.parse(`${day}T23:59:59Z`)
  const guess = wall - ahead(wall, zone)
  return new Date(wall - ahead(guess, zone)).toISOString()
}

/** The day that lies so many days ahead, by the clock of a zone. */
export const dayAhead = (days: number, zone: string, now = Date.now()): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    now + days * DAY,
  )
