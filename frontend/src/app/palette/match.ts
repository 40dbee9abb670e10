/** How well a label answers what was typed, and which letters did it. Knows nothing of what the labels stand for. */

export type Range = [from: number, to: number]
export type Match = { score: number; ranges: Range[] }

const WHOLE = 100
const WORD = 80
const INSIDE = 50
const SCATTERED = 15
/** Letters and digits of any script; everything else parts words. */
const LETTER = /[\p{L}\p{N}]/u

const startsWord = (text: string, at: number): boolean => at === 0 || !LETTER.test(text[at - 1] ?? '')

/** The best place of one word: at the start, at a word's start, anywhere, or its letters in order. */
function place(word: string, text: string): Match | null {
  let inside = -1
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (startsWord(text, at)) return { score: at === 0 ? WHOLE : WORD, ranges: [[at, at + word.length]] }
    if (inside < 0) inside = at
  }
  if (inside >= 0) return { score: INSIDE, ranges: [[inside, inside + word.length]] }
  return word.length < 2 ? null : scattered(word, text)
}

/** "pga" finds "pay-gate": every letter must begin a word or follow the letter before it. */
function scattered(word: string, text: string): Match | null {
  const ranges: Range[] = []
  let from = 0
  for (const letter of word) {
    const last = ranges.at(-1)
    if (last && text[last[1]] === letter) {
      last[1] += 1
      from = last[1]
      continue
    }
    let at = text.indexOf(letter, from)
    while (at >= 0 && !startsWord(text, at)) at = text.indexOf(letter, at + 1)
    if (at < 0) return null
    ranges.push([at, at + 1])
    from = at + 1
  }
  return { score: SCATTERED, ranges }
}

function merged(ranges: Range[]): Range[] {
  const result: Range[] = []
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = result.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else result.push([from, to])
  }
  return result
}

/** Every typed word must be found; the score is that of the worst one. Nothing typed matches everything. */
export function match(query: string, label: string): Match | null {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const text = label.toLowerCase()
  if (text.length !== label.length) return { score: 0, ranges: [] } // a letter whose small form is longer: nothing to mark safely
  const ranges: Range[] = []
  let score = WHOLE
  for (const word of words) {
    const found = place(word, text)
    if (!found) return null
    score = Math.min(score, found.score)
    ranges.push(...found.ranges)
  }
  return { score, ranges: merged(ranges) }
}
