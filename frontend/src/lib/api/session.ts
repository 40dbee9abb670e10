/** Whether the session this page was opened with is still there. A lost one is told once, and forms stay as they are. */
import { createStore } from '@/lib/store'

export const sessionLost = createStore(false)

/** Somebody was signed in here before; only then an answer 401 means "ended". */
let signedIn = false

export function sessionBegan(): void {
  signedIn = true
  sessionLost.set(false)
}

export function sessionLeft(): void {
  signedIn = false
  sessionLost.set(false)
}

export function sessionEnded(): void {
  if (signedIn) sessionLost.set(true)
}
