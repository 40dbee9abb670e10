/** Where findings and refusals stand in the form, how many each section has, and which comes next. Pure. */
import type { Reason } from '@/lib/i18n'
import { partsOf, pointerOf, valueAt } from './document'
import { controlOf, type Node, type Section } from './schema'
import type { Problems } from './shape'

export type Finding = {
  standard: string
  level: 'deny' | 'warn'
  field: string
  suggestion: { path: string; value?: unknown }[]
  sentence_en: string
  sentence_zh: string
  reason_en: string
  reason_zh: string
}

export const LEAST_REASON = 10
const isExplained = (text: string | undefined): boolean => (text ?? '').trim().length >= LEAST_REASON

/** Every place the form draws for this document: members, entries of lists, and what is in them. */
export function placesOf(schema: Node, document: unknown): Set<string> {
  const found = new Set<string>()
  const walk = (node: Node, parts: (string | number)[]): void => {
    const pointer = pointerOf(parts)
    if (parts.length) found.add(pointer)
    const here = valueAt(document, pointer)
    const control = controlOf(node)
    if (control === 'group' && here !== null)
      for (const [name, below] of Object.entries(node.properties ?? {})) walk(below, [...parts, name])
    if (control === 'rows' && Array.isArray(here) && node.items) {
      const { items } = node
      here.forEach((_, index) => walk(items, [...parts, index]))
    }
  }
  walk(schema, [])
  return found
}

/** The place a pointer is shown at: itself, else the nearest one around it, else "" for the top of the form. */
export function placeOf(pointer: string, places: ReadonlySet<string>): string {
  for (let parts = partsOf(pointer); parts.length; parts = parts.slice(0, -1)) {
    const one = pointerOf(parts)
    if (places.has(one)) return one
  }
  return ''
}

export function byPlace<T extends { field: string }>(
  list: readonly T[],
  places: ReadonlySet<string>,
): Map<string, T[]> {
  const found = new Map<string, T[]>()
  for (const one of list) {
    const place = placeOf(one.field, places)
    found.set(place, [...(found.get(place) ?? []), one])
  }
  return found
}

/** Refusals by place; one code is told once in a place, whoever says it. */
export function problemsByPlace(all: readonly Problems[], places: ReadonlySet<string>): Map<string, Reason[]> {
  const found = new Map<string, Reason[]>()
  for (const [pointer, reasons] of all.flatMap((one) => Object.entries(one))) {
    const place = placeOf(pointer, places)
    const known = found.get(place) ?? []
    found.set(place, [...known, ...reasons.filter((one) => !known.some(({ code }) => code === one.code))])
  }
  return found
}

/** What an error of the API says of fields, as reasons by pointer; what names no place of the document is left out. */
export function problemsOf(fields: Record<string, unknown> | null | undefined): Problems {
  const found: Problems = {}
  const reasons = (value: unknown): Reason[] =>
    [value].flat().filter((one): one is Reason => typeof (one as Reason | null)?.code === 'string')
  for (const [name, value] of Object.entries(fields ?? {}))
    if (name === '' || name.startsWith('/')) found[name] = reasons(value)
  return found
}

export type Tally = { deny: number; warn: number; explained: number }

export function tallyOf(findings: readonly Finding[], explanations: Record<string, string>): Tally {
  const warned = findings.filter((one) => one.level === 'warn')
  const explained = warned.filter((one) => isExplained(explanations[one.standard])).length
  return { deny: findings.length - warned.length, warn: warned.length - explained, explained }
}

const belongs = (pointer: string, { members }: Section): boolean =>
  members.some(([name]) => pointer === `/${name}` || pointer.startsWith(`/${name}/`))

export function inSection<T extends { field: string }>(list: readonly T[], section: Section): T[] {
  return list.filter((one) => belongs(one.field, section))
}

export type Stop = { place: string; standard: string | null }

/** What stands in the way of filing, in the order of the form: refusals and denials first, then what nobody explained. */
export function stopsOf(
  problems: ReadonlyMap<string, unknown>,
  findings: ReadonlyMap<string, readonly Finding[]>,
  explanations: Record<string, string>,
  places: ReadonlySet<string>,
): Stop[] {
  const denied: Stop[] = []
  const unexplained: Stop[] = []
  for (const place of ['', ...places]) {
    if (problems.has(place)) denied.push({ place, standard: null })
    for (const one of findings.get(place) ?? []) {
      const stop = { place, standard: one.standard }
      if (one.level === 'deny') denied.push(stop)
      else if (!isExplained(explanations[one.standard])) unexplained.push(stop)
    }
  }
  return [...denied, ...unexplained]
}

/** Standards that were broken when somebody looked, and are kept now: the tick behind a finding that was mended. */
export function metNow(seen: readonly Finding[], now: readonly Finding[]): Finding[] {
  return seen.filter((one) => !now.some(({ standard, field }) => standard === one.standard && field === one.field))
}
