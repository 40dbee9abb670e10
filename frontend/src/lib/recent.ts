/** Projects and tickets this person opened last in this browser, newest first. Names only; rights are asked elsewhere. */

export type RecentKind = 'projects' | 'tickets'
const KEEP = 12
const key = (userId: number, kind: RecentKind) => `opsportal.recent.${userId}.${kind}`

export function recent(userId: number, kind: RecentKind): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key(userId, kind)) ?? '[]')
    return Array.isArray(kept) ? kept.filter((item): item is string => typeof item === 'string') : []
  } catch {
    return [] // storage may be forbidden, or somebody wrote into it
  }
}

export function visited(userId: number, kind: RecentKind, name: string): void {
  const list = [name, ...recent(userId, kind).filter((item) => item !== name)].slice(0, KEEP)
  try {
    localStorage.setItem(key(userId, kind), JSON.stringify(list))
  } catch (error) {
    console.debug('what was visited is not remembered', error)
  }
}
