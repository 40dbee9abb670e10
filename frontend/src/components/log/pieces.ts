/** Cuts a shown line where its colour or a found place begins or ends: what one row draws. */
import type { Span } from './ansi'

export type Bit = { text: string; style: string; isFound: boolean }

export function bits(text: string, spans: Span[], found: { from: number; to: number }[]): Bit[] {
  if (spans.length === 0 && found.length === 0) return text === '' ? [] : [{ text, style: '', isFound: false }]
  const cuts = [
    ...new Set([0, text.length, ...spans.flatMap((s) => [s.from, s.to]), ...found.flatMap((f) => [f.from, f.to])]),
  ]
    .filter((at) => at <= text.length)
    .sort((a, b) => a - b)
  const result: Bit[] = []
  let span = 0
  let place = 0
  for (let index = 0; index < cuts.length - 1; index += 1) {
    const from = cuts[index] ?? 0
    const to = cuts[index + 1] ?? 0
    while ((spans[span]?.to ?? Infinity) <= from) span += 1
    while ((found[place]?.to ?? Infinity) <= from) place += 1
    const style = (spans[span]?.from ?? Infinity) <= from ? (spans[span]?.style ?? '') : ''
    result.push({ text: text.slice(from, to), style, isFound: (found[place]?.from ?? Infinity) <= from })
  }
  return result
}
