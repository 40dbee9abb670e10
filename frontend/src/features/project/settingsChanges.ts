/** What a settings form changes, as lines "before → after": shown before Save, and the only thing that is sent. Pure. */

export type Change = { label: string; before: string; after: string }

const shown = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(shown).join(', ')
  if (value !== null && typeof value === 'object') return Object.values(value).map(shown).join(' ')
  return value === null || value === undefined ? '' : String(value)
}

/** The fields that differ; lists in another order count as changed only where `ordered` names them. */
export function changedFields<T extends object>(before: T, after: T, ordered: readonly (keyof T)[] = []): (keyof T)[] {
  const same = (key: keyof T): boolean => {
    const [a, b] = [before[key], after[key]] as [unknown, unknown]
    if (Array.isArray(a) && Array.isArray(b) && !ordered.includes(key)) {
      return (
        JSON.stringify(a.map((one) => JSON.stringify(one)).sort()) ===
        JSON.stringify(b.map((one) => JSON.stringify(one)).sort())
      )
    }
    return JSON.stringify(a) === JSON.stringify(b)
  }
  return (Object.keys(after) as (keyof T)[]).filter((key) => !same(key))
}

export const linesOf = <T extends object>(
  before: T,
  after: T,
  fields: (keyof T)[],
  label: (field: keyof T) => string,
): Change[] =>
  fields.map((field) => ({ label: label(field), before: shown(before[field]), after: shown(after[field]) }))
