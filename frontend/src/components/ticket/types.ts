/** What a ticket's card is made of, and how its change is read. Must not fetch, and must not trust the change's shape. */
import type { Schemas } from '@/lib/api/client'
import type { NamedPlace } from '@/lib/environment'
import type { Reason } from '@/lib/i18n'
import { isOver } from '@/lib/status'
import type words from '@/locales/en'

export type Card = Schemas['TicketCard']
export type BoardEnvironment = Schemas['BoardEnvironment']
export type ChangedLine = Schemas['ChangedLine']

type RawKey = keyof (typeof words)['ticket']
/** A key of the catalogue; plural forms count as one. */
export type TicketKey = RawKey extends infer K
  ? K extends `${infer Base}_one` | `${infer Base}_other`
    ? Base
    : K
  : never

/** Something said without its language: a key of ours with what it speaks of, or a code of the server's.
 *  `place` becomes the parameter `environment`, called as the reader's language calls it. */
export type Said = { key: TicketKey; params?: Record<string, string | number>; place?: NamedPlace } | { reason: Reason }

/** `off`: nothing to tell yet or not asked. `odd`: it could not be told, so never a tick. */
export type Tone = 'ok' | 'warn' | 'wait' | 'bad' | 'odd' | 'run' | 'off'

/** An answer that may not be there: still on its way, or it failed. */
export type Known<T> = { data: T | undefined; failed: boolean }

/** All that is known around a card; every part may be missing. */
export type Facts = {
  card: Card
  environment: Known<BoardEnvironment>
  commits: Known<Schemas['ReleaseCommits']>
  presence: Known<Schemas['Presence']>
  /** of what runs there now: the image one would go back to */
  backPresence: Known<Schemas['Presence']>
}

export type Target = {
  cluster: string
  namespace: string
  deployment: string
  container: string
  wave: number
  from: string
  to: string
  /** the command of the Job that runs before the rollout, '' for none */ preRollout: string
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const word = (value: unknown): string => (typeof value === 'string' ? value : '')

const commandOf = (value: unknown): string =>
  isObject(value) && Array.isArray(value.command) ? value.command.map(String).join(' ') : ''

/** The targets in a change (D17); a kind whose change has none gives an empty list. */
export function targetsOf(change: unknown): Target[] {
  if (!isObject(change) || !Array.isArray(change.targets)) return []
  // A configuration goes to the Deployment of its own name.
  const own = change.kind === 'configure' ? word(change.name) : ''
  return change.targets.filter(isObject).map((target) => ({
    cluster: word(target.cluster),
    namespace: word(target.namespace),
    deployment: word(target.deployment) || own,
    container: word(target.container),
    wave: typeof target.wave === 'number' ? target.wave : 0,
    from: word(target.from),
    to: word(target.to),
    preRollout: commandOf(target.pre_rollout),
  }))
}

/** Where a card goes: its change, else what it brought, else the places its environment has. */
export function placesOf(card: Card, environment: BoardEnvironment | undefined): Target[] {
  const targets = targetsOf(card.change)
  if (targets.length) return targets
  if (card.rollouts.length)
    return card.rollouts.map((one) => ({
      cluster: one.cluster,
      namespace: one.namespace,
      deployment: one.deployment,
      container: '',
      wave: one.wave,
      from: one.from_image,
      to: one.to_image,
      preRollout: '',
    }))
  return (environment?.cells ?? []).map((cell) => ({
    cluster: cell.cluster.name,
    namespace: cell.namespace,
    deployment: cell.workload.deployment,
    container: '',
    wave: cell.wave,
    from: isOver(card.status) ? '' : cell.image,
    to: '', // what runs now tells nothing of a ticket that is over
    preRollout: '',
  }))
}

export const cellOf = (environment: BoardEnvironment | undefined, target: Target) =>
  environment?.cells.find(
    (cell) =>
      cell.cluster.name === target.cluster &&
      cell.namespace === target.namespace &&
      cell.workload.deployment === target.deployment,
  )

const WAITING = new Set(['pending_confirmation', 'pending_approval', 'scheduled', 'queued'])
/** Nothing of it has begun. */
export const isWaiting = (status: string): boolean => WAITING.has(status)

/** Commits are compared with what runs now: once a ticket has changed something, that is itself, and says nothing. */
export const commitsTell = (card: Card): boolean =>
  !isOver(card.status) && !card.frozen_at && card.rollouts.every((one) => one.started_at === null)
