/**
 * A document as it is written: only what a person set; what is absent is computed by the server. Pure.
 * Places in it are JSON pointers (RFC 6901).
 */
import { isPlain, type Node } from './schema'

export type Doc = Record<string, unknown>

export const partsOf = (pointer: string): string[] =>
  pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))

export const pointerOf = (parts: readonly (string | number)[]): string =>
  parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

const inside = (value: unknown, part: string): unknown =>
  Array.isArray(value) ? value[Number(part)] : isPlain(value) && Object.hasOwn(value, part) ? value[part] : undefined

/** What stands there; `undefined` when nothing does. */
export const valueAt = (value: unknown, pointer: string): unknown => partsOf(pointer).reduce(inside, value)

/** The schema of a place, without what a list's items or a map's values are called. */
export function nodeAt(schema: Node, pointer: string): Node | undefined {
  let node: Node | undefined = schema
  for (const part of partsOf(pointer)) {
    const below: unknown = node?.properties?.[part] ?? node?.items ?? node?.additionalProperties
    node = isPlain(below) ? (below as Node) : undefined
  }
  return node
}

/**
 * What an absent ancestor becomes when something in it is set. Where its members are computed one by one (`x-default` {})
 * it begins empty; where it is computed as a whole (a probe), that whole comes along, or the rest of it would be lost.
 */
function begun(node: Node | undefined, completed: unknown): unknown {
  const usual = node?.['x-default']
  const byMember = usual === undefined || (isPlain(usual) && !Object.keys(usual).length)
  if (Array.isArray(completed)) return completed
  return byMember || !isPlain(completed) ? {} : completed
}

/** The document with a value at a place; `undefined` takes it away, so that it is computed again. */
export function placed(doc: Doc, pointer: string, value: unknown, schema: Node, completed: unknown): Doc {
  const put = (here: unknown, node: Node | undefined, whole: unknown, parts: readonly string[]): unknown => {
    const [part, ...rest] = parts
    if (part === undefined) return value
    const base = here === undefined || here === null ? begun(node, whole) : here
    const below: unknown = node?.properties?.[part] ?? node?.items ?? node?.additionalProperties
    const next = put(inside(base, part), isPlain(below) ? (below as Node) : undefined, inside(whole, part), rest)
    if (Array.isArray(base)) {
      const list: unknown[] = [...(base as unknown[])]
      if (next === undefined) list.splice(Number(part), 1)
      else list[Number(part)] = next
      return list
    }
    const copy: Doc = { ...(isPlain(base) ? base : {}) }
    if (next === undefined) delete copy[part]
    else copy[part] = next
    return copy
  }
  return put(doc, schema, completed, partsOf(pointer)) as Doc
}

/** What is shown: what a person set over what the server computed. A list is one thing. */
export function over(set: unknown, computed: unknown): unknown {
  if (set === undefined) return computed
  if (!isPlain(set) || !isPlain(computed)) return set
  const names = new Set([...Object.keys(computed), ...Object.keys(set)])
  return Object.fromEntries([...names].map((name) => [name, over(set[name], computed[name])]))
}

export type Change = { path: string; value?: unknown }

/** Several changes at once, and what takes exactly these back. */
export function withChanges(doc: Doc, changes: readonly Change[], schema: Node, completed: unknown): [Doc, Change[]] {
  let next = doc
  const back: Change[] = []
  for (const { path, value } of changes) {
    // Taken back is the outermost thing that was absent: what came along with it goes with it.
    const parts = partsOf(path)
    const from = parts.findIndex((_, index) => valueAt(next, pointerOf(parts.slice(0, index + 1))) === undefined)
    const undone = from < 0 ? path : pointerOf(parts.slice(0, from + 1))
    back.unshift({ path: undone, value: valueAt(next, undone) })
    next = placed(next, path, value, schema, completed)
  }
  return [next, back]
}
