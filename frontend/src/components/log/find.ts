/** Finding text in a log: literal, case aside, a slice of lines at a time so that typing stays smooth. */
import { plainText } from './ansi'
import type { LogStore } from './store'

const SLICE = 20_000
/** A line of megabytes is searched to this depth; what is folded away deeper is not counted. */
const DEPTH = 1_000_000

const literal = (query: string, flags: string): RegExp =>
  new RegExp(query.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), flags)

export class Finder {
  /** numbers of the lines that match, rising */
  readonly lines: number[] = []
  private looked = 0
  private readonly pattern: RegExp

  constructor(readonly query: string) {
    this.pattern = literal(query, 'i')
  }

  /** Look through the next lines; true while there are more. The last line may still grow, so it waits for its end. */
  advance(store: LogStore, most = SLICE): boolean {
    const end = store.isComplete ? store.count : store.count - 1
    const stop = Math.min(end, this.looked + most)
    for (let number = this.looked + 1; number <= stop; number += 1) {
      const raw = store.line(number)
      if (this.pattern.test(plainText(raw.length > DEPTH ? raw.slice(0, DEPTH) : raw))) this.lines.push(number)
    }
    this.looked = Math.max(this.looked, stop)
    return this.looked < end
  }
}

/** Where in one shown line the query stands. */
export function places(text: string, query: string): { from: number; to: number }[] {
  if (query === '') return []
  return [...text.matchAll(literal(query, 'gi'))].map((found) => ({
    from: found.index,
    to: found.index + found[0].length,
  }))
}

/** The next of some rising line numbers after (or before) a line, around the end. Null when there is none. */
export function nextOf(lines: readonly number[], after: number, backwards = false): number | null {
  if (lines.length === 0) return null
  if (backwards) return lines.findLast((line) => line < after) ?? lines.at(-1) ?? null
  let low = 0
  let high = lines.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((lines[middle] ?? 0) <= after) low = middle + 1
    else high = middle
  }
  return lines[low] ?? lines[0] ?? null
}
