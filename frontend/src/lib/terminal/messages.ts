/** What the portal says about a session over its socket, as text. Must not trust that it can be read. */
import type { Reason } from '@/lib/i18n'

export type LiveFacts = {
  ends_at: string | null
  warn_at: string | null
  now: string
  extended: boolean
  /** names */
  watchers: string[]
  pod: string
  container: string
  version: string
  shell: string
}
export type Offer = 'reopen' | 'successor' | 'extend' | 'none'
export type SessionEnd = Reason & { offer: Offer; exit_code: number | null }
export type Attached = { type: 'attached'; from: number; input: number; state: LiveFacts }
export type Message =
  | Attached
  | ({ type: 'state' } & Partial<LiveFacts>)
  | { type: 'warning'; ends_at: string }
  | ({ type: 'end' } & SessionEnd)
  | { type: 'pong'; n: number }

const TYPES = new Set(['attached', 'state', 'warning', 'end', 'pong'])

export function readMessage(text: string): Message | null {
  try {
    const message = JSON.parse(text) as Message
    return TYPES.has(message.type) ? message : null
  } catch (error) {
    console.debug('a message of the session could not be read', error)
    return null
  }
}

/** Close codes of the socket that mean more than "try again". */
export const CLOSED = {
  ended: 4000,
  misunderstood: 4400,
  claim: 4401,
  origin: 4403,
  /** another process has it, or another tab took it: the reason tells */
  elsewhere: 4409,
} as const
export const TAKEN_OVER = 'taken_over'
