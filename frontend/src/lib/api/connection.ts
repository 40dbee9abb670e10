/** Whether the portal answers: learned from every request, read by the banner. Must not ask anything by itself. */
import { createStore } from '@/lib/store'

/** offline: nothing comes back · away: something answers in the portal's place (it restarts) */
export type Connection = { state: 'ok' | 'offline' | 'away'; since: number }

const WELL: Connection = { state: 'ok', since: 0 }
export const connection = createStore<Connection>(WELL)

let lastAnswer = Date.now()

export function answered(): void {
  lastAnswer = Date.now()
  connection.set(WELL)
}

/** What is shown dates from the last answer, not from the moment we noticed. */
function lost(state: 'offline' | 'away'): void {
  const { state: before, since } = connection.get()
  if (before !== state) connection.set({ state, since: since || lastAnswer })
}

export const unreachable = () => lost('offline')
export const portalAway = () => lost('away')

if (typeof window !== 'undefined') window.addEventListener('offline', unreachable)
