/** Heights of the bars of the 30-day sparkline, and what they sum to. Pure; draws nothing. */

export type Bar = { x: number; height: number }

/** One bar per day, the highest day filling `height`; a day with releases is never lower than 2 px. */
export function barsOf(counts: number[], width: number, height: number): Bar[] {
  const most = Math.max(1, ...counts)
  const step = width / Math.max(1, counts.length)
  return counts.flatMap((count, day) =>
    count > 0 ? [{ x: day * step, height: Math.max(2, (count / most) * height) }] : [],
  )
}

export const total = (counts: number[]): number => counts.reduce((sum, count) => sum + count, 0)
