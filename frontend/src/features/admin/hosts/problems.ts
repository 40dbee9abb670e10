/** What the server found wrong, at the lines as they stand now: a line that was edited since is no longer accused. Pure. */
import type { ApiError, FieldProblem } from '@/lib/api/errors'
import { lineDiff } from '../languages/lines'

/** `line` counts from 1 in the text shown; null: about the file as a whole. */
export type Problem = { line: number | null; problem: FieldProblem }

const lineOf = ({ params }: FieldProblem): number | null => (typeof params?.line === 'number' ? params.line : null)

/** `sent` is the text the answer is about, `shown` what is there by now. */
export function standing(error: ApiError | null, sent: string, shown: string): Problem[] {
  const given = [error?.fields?.text ?? []].flat()
  if (!given.length) return []
  const moved = new Map<number, number>()
  if (sent !== shown)
    for (const { kind, before, after } of lineDiff(sent, shown))
      if (kind === 'same' && before !== null && after !== null) moved.set(before, after)
  const found: Problem[] = []
  for (const problem of given) {
    const line = lineOf(problem)
    if (line === null || sent === shown) found.push({ line, problem })
    else if (moved.has(line)) found.push({ line: moved.get(line) ?? null, problem })
  }
  return found
}

/** Where a line begins and ends in a text, for selecting it. */
export function rangeOf(text: string, line: number): [number, number] {
  const lines = text.split('\n')
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0)
  return [start, start + (lines[line - 1]?.length ?? 0)]
}
