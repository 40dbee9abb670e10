/** A form as what differs from the row: edits over values that may be read anew meanwhile. Pure but for one hook. */
import { useState } from 'react'

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

/** The edits that are none any more (typed and taken back) are left out. */
export function changed<T extends object>(initial: T, edits: Partial<T>): Partial<T> {
  const found: Partial<T> = {}
  for (const name of Object.keys(edits) as (keyof T)[]) if (!same(initial[name], edits[name])) found[name] = edits[name]
  return found
}

export function useEdits<T extends object>(initial: T) {
  const [edits, setEdits] = useState<Partial<T>>({})
  const changes = changed(initial, edits)
  return {
    values: { ...initial, ...edits },
    changes,
    dirty: Object.keys(changes).length > 0,
    set: <K extends keyof T>(name: K, value: T[K]) => setEdits((old) => ({ ...old, [name]: value })),
    reset: () => setEdits({}),
  }
}
