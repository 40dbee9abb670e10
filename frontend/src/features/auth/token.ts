/** The secret of a link (`/welcome#…`, `/reset#…`): taken from the address at once, kept in memory only. */
import { createStore } from '@/lib/store'

export const linkToken = createStore('')

/** Take the fragment out of the address, so that it stays in no history, no bookmark and no screenshot. */
export function takeToken(): void {
  const token = decodeURIComponent(location.hash.slice(1))
  if (!token) return
  history.replaceState(history.state, '', location.pathname + location.search)
  linkToken.set(token)
}
