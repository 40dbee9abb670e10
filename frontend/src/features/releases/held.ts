/** Which rows are shown and which wait behind "3 new": nothing moves under the pointer (UI.md §1.9). Pure. */

export type Row = { id: number }
export type Held<T extends Row> = { shown: T[]; waiting: number }

/** Rows newer than everything seen wait; those already seen, and older ones that were loaded on request, are shown. */
export function hold<T extends Row>(rows: T[], newestSeen: number | null): Held<T> {
  if (newestSeen === null) return { shown: rows, waiting: 0 }
  const shown = rows.filter((row) => row.id <= newestSeen)
  return { shown, waiting: rows.length - shown.length }
}

/** The highest number of a list; null for an empty one, so that the first row ever is shown at once. */
export const newest = (rows: Row[]): number | null => (rows.length ? Math.max(...rows.map((row) => row.id)) : null)
