/** Two texts line by line: what went, what came, what stayed. Pure. */

export type DiffLine = { kind: 'same' | 'removed' | 'added'; text: string; before: number | null; after: number | null }
/** Lines that stayed and are far from any change are folded into one of these. */
export type Fold = { kind: 'fold'; count: number }

const CONTEXT = 3
/** Beyond this the middle is shown as replaced as a whole: comparing would take a table of millions. */
const MOST = 4_000_000

/** A last line end does not make an empty line. */
export const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

/** The pairs of equal lines, longest common subsequence, of the parts that differ. */
function common(a: readonly string[], b: readonly string[]): [number, number][] {
  if (!a.length || !b.length || a.length * b.length > MOST) return []
  const width = b.length + 1
  const table = new Uint32Array((a.length + 1) * width)
  const at = (i: number, j: number) => table[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      table[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const pairs: [number, number][] = []
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++])
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1
    else j += 1
  }
  return pairs
}

export function lineDiff(before: string, after: string): DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1
  let tail = 0
  while (tail < Math.min(a.length, b.length) - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1
  const middle = common(a.slice(head, a.length - tail), b.slice(head, b.length - tail)).map(
    ([i, j]): [number, number] => [i + head, j + head],
  )
  const pairs: [number, number][] = [
    ...Array.from({ length: head }, (_, n): [number, number] => [n, n]),
    ...middle,
    ...Array.from({ length: tail }, (_, n): [number, number] => [a.length - tail + n, b.length - tail + n]),
    [a.length, b.length],
  ]
  const found: DiffLine[] = []
  let [i, j] = [0, 0]
  for (const [x, y] of pairs) {
    for (; i < x; i += 1) found.push({ kind: 'removed', text: a[i] ?? '', before: i + 1, after: null })
    for (; j < y; j += 1) found.push({ kind: 'added', text: b[j] ?? '', before: null, after: j + 1 })
    if (x < a.length) found.push({ kind: 'same', text: a[x] ?? '', before: x + 1, after: y + 1 })
    i = x + 1
    j = y + 1
  }
  return found
}

/** Only the neighbourhood of changes; a fold says how many lines it hides. */
export function folded(lines: readonly DiffLine[]): (DiffLine | Fold)[] {
  const near = (at: number) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ kind }) => kind !== 'same')
  const found: (DiffLine | Fold)[] = []
  lines.forEach((line, at) => {
    const last = found.at(-1)
    if (near(at)) found.push(line)
    else if (last?.kind === 'fold') found[found.length - 1] = { kind: 'fold', count: last.count + 1 }
    else found.push({ kind: 'fold', count: 1 })
  })
  return found
}
