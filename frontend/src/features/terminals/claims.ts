/** Claims of sessions that were just opened, until their page takes them. In memory only: never in a URL, never stored. */

const held = new Map<number, string>()

export const holdClaim = (session: number, claim: string): void => void held.set(session, claim)

export function takeClaim(session: number): string | null {
  const claim = held.get(session) ?? null
  held.delete(session)
  return claim
}
