/** How often a page asks by itself (UI.md §3): while hints come, rarely, to keep ages honest; without them 5 s or 30 s. */
import { sessionLost } from '@/lib/api/session'
import { liveMode } from './socket'

/** For `refetchInterval`; hidden tabs ask nothing (the query library stops there), nor does a page without a session. */
export const pollRunning = () => (sessionLost.get() ? (false as const) : liveMode.get() === 'live' ? 10_000 : 5_000)
export const pollOther = () => (sessionLost.get() || liveMode.get() === 'live' ? (false as const) : 30_000)

/** Every open page asks this one: a brake that is on shows moving figures; none on is news by a hint, or by asking. */
export const pollBrakes = (isOn: boolean) =>
  sessionLost.get() ? (false as const) : liveMode.get() !== 'live' ? 5_000 : isOn && (10_000 as const)
