/** How much time a session has left and how loud that is. Pure: the clock is the server's as far as it is known. */

export type Urgency = 'calm' | 'soon' | 'last'
const SOON = 5 * 60
const LAST = 60

/** Seconds; null while nothing was typed and the time does not run. */
export const secondsLeft = (endsAt: string | null, now: number): number | null =>
  endsAt === null ? null : Math.max(0, Math.ceil((new Date(endsAt).getTime() - now) / 1000))

export const urgencyOf = (left: number | null): Urgency =>
  left === null || left > SOON ? 'calm' : left > LAST ? 'soon' : 'last'

/** 27:42, and 1:04:09 beyond an hour. */
export function clockOf(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, '0')
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), Math.floor(seconds % 60)]
  return h ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`
}
