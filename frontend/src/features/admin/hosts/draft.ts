/** A hosts file being edited: what was typed, and the version it began from. Nothing typed is null. Pure. */
import type { HostsFile } from './queries'

export type HostsDraft = { text: string; base: number; note: string } | null

/** The draft after typing `text`; the text that is current anyway, of the version it began from, is nothing typed. */
export function typed(old: HostsDraft, current: Pick<HostsFile, 'text' | 'number'>, text: string): HostsDraft {
  const base = old?.base ?? current.number
  return base === current.number && text === current.text ? null : { text, base, note: old?.note ?? '' }
}

/** Somebody saved another version since the editing began. */
export const isOvertaken = (draft: HostsDraft, current: Pick<HostsFile, 'number'>): boolean =>
  draft !== null && draft.base !== current.number
