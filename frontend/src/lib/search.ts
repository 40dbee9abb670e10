/** Search parameters of a route: each read with a default, which is left out of the URL. Unknown values become the default. */

type Raw = Record<string, unknown>

export const oneOf =
  <const T extends string>(allowed: readonly T[]) =>
  (value: unknown): T | undefined =>
    allowed.includes(value as T) ? (value as T) : undefined

export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

export const whole = (value: unknown): number | undefined => {
  const number = typeof value === 'string' ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

export const flag = (value: unknown): true | undefined =>
  value === true || value === 1 || value === '1' || value === 'true' ? true : undefined

/** Several values: `?status=running&status=failed` or one. */
export const many = (value: unknown): string[] | undefined => {
  const list = [value]
    .flat()
    .map(text)
    .filter((item): item is string => item !== undefined)
  return list.length ? list : undefined
}

type Readers = Record<string, (value: unknown) => unknown>
export type SearchOf<R extends Readers> = { [K in keyof R]?: Exclude<ReturnType<R[K]>, undefined> }

/** `validateSearch` for a route from one reader per parameter. */
export const search =
  <R extends Readers>(readers: R) =>
  (raw: Raw): SearchOf<R> => {
    const found: Record<string, unknown> = {}
    for (const [name, reader] of Object.entries(readers)) {
      const value = reader(raw[name])
      if (value !== undefined) found[name] = value
    }
    return found as SearchOf<R>
  }

/** Plain parameters, as a person would type them; the readers give them their types. */
export function parseSearch(query: string): Raw {
  const found = new URLSearchParams(query)
  return Object.fromEntries(
    [...new Set(found.keys())].map((name) => {
      const values = found.getAll(name)
      return [name, values.length > 1 ? values : values[0]]
    }),
  )
}

/** The opposite: a list is its parameter several times, a flag is 1, what is not there is left out. */
export function stringifySearch(search: Raw): string {
  const told = new URLSearchParams()
  for (const [name, value] of Object.entries(search))
    for (const one of [value].flat())
      if (one !== undefined && one !== null && one !== false) told.append(name, one === true ? '1' : String(one))
  const query = told.toString()
  return query && `?${query}`
}
