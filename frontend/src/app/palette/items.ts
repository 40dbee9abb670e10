/** Rows of the palette: which of them answer, in which group and order. Pure; the sources make the rows. */
import { match, type Range } from './match'
import type { Mode } from './recognise'

export type Group = 'page' | 'command' | 'go' | 'people' | 'refused'
export type Item = {
  id: string
  group: Group
  label: string
  /** quiet, behind the label */
  hint?: string
  /** also found by these */
  words?: string
  shortcut?: string
  /** a place of this portal; Ctrl Enter opens it in a new tab */
  href?: string
  run?: () => void
  /** an answer of the portal to exactly this input: shown first, whatever its words */
  exact?: boolean
  /** not worth a row before something is typed */
  onlyTyped?: boolean
}
export type Shown = Item & { ranges: Range[]; score: number }
export type ShownGroup = { group: Group; items: Shown[] }

const ORDER: Group[] = ['page', 'command', 'go', 'people', 'refused']
const MOST: Record<Group, number> = { page: 8, command: 6, go: 12, people: 6, refused: 5 }
const EXACT = 1000
/** What is found by its hint or by hidden words stands behind what is found by its name. */
const BY_OTHER_WORDS = 0.4

const inMode = (item: Item, mode: Mode): boolean => {
  if (mode === 'actions') return ['page', 'command', 'refused'].includes(item.group)
  if (mode === 'tickets') return item.group === 'go' && item.id.startsWith('ticket:')
  if (mode === 'people') return item.group === 'people'
  return true
}

function rated(item: Item, query: string): Shown | null {
  if (item.exact) return { ...item, ranges: match(query, item.label)?.ranges ?? [], score: EXACT }
  if (query === '') return item.onlyTyped ? null : { ...item, ranges: [], score: 0 }
  const own = match(query, item.label)
  if (own) return { ...item, ...own }
  const other = match(query, `${item.label} ${item.hint ?? ''} ${item.words ?? ''}`)
  return other && { ...item, ranges: [], score: other.score * BY_OTHER_WORDS }
}

/** Groups in their fixed order, best rows first, none twice, none empty. */
export function arrange(items: Item[], query: string, mode: Mode): ShownGroup[] {
  const seen = new Set<string>()
  const shown = items
    .filter((item) => inMode(item, mode) && !seen.has(item.id) && seen.add(item.id))
    .map((item) => rated(item, query))
    .filter((item) => item !== null)
  return ORDER.map((group) => ({
    group,
    items: shown
      .filter((item) => item.group === group)
      .sort((a, b) => b.score - a.score)
      .slice(0, MOST[group]),
  })).filter(({ items: rows }) => rows.length > 0)
}
