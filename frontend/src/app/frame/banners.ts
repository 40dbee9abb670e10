/** What concerns everybody, as one line over the page: which of it, and in which order. Decides; draws nothing. */
import type { Connection } from '@/lib/api/connection'

export type Banner = { kind: 'session' | 'offline' | 'away' | 'poll'; since?: number }
export type Facts = { connection: Connection; pollingLong: boolean; sessionLost: boolean }

/** Highest severity first. Without a connection there are no live updates either, so that is not told twice. */
export function bannersFor({ connection, pollingLong, sessionLost }: Facts): Banner[] {
  const found: Banner[] = []
  if (sessionLost) found.push({ kind: 'session' })
  if (connection.state !== 'ok') found.push({ kind: connection.state, since: connection.since })
  else if (pollingLong) found.push({ kind: 'poll' })
  return found
}
