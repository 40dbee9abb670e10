/** A card and its surroundings for tests. Never imported by a page. */
import type { Schemas } from '@/lib/api/client'
import type { BoardEnvironment, Card, Facts } from './types'

export const OLD = `reg.local:5000/shop/pay:20260101-080000-u0@sha256:${'60c6282ea23c'.padEnd(64, '0')}`
export const NEW = `reg.local:5000/shop/pay:20261122-000033-u2@sha256:${'498f6d403a33'.padEnd(64, '0')}`

export const person = (id: number, name: string): Schemas['Person'] => ({
  id,
  username: name.toLowerCase(),
  display_name: name,
})
const right = (allowed: boolean, code = ''): Schemas['Right'] => ({ allowed, code, params: {}, detail: '' })

export const target = (cluster: string, wave: number, from = OLD, to = NEW) => ({
  cluster,
  cluster_uid: `uid-${cluster}`,
  namespace: 'production',
  deployment: 'pay',
  deployment_uid: `d-${cluster}`,
  container: 'app',
  wave,
  from,
  to,
})

export const release: Schemas['TicketRelease'] = {
  id: 3,
  tag: '20261122-000033-u2',
  digest: NEW.split('@')[1] ?? '',
  ref: 'main',
  commit: 'a'.repeat(40),
  commit_title: 'One',
  is_built_here: true,
}

export const cardOf = (part: Partial<Card> = {}): Card => ({
  id: 8,
  kind: 'promote',
  status: 'pending_approval',
  reason: null,
  title: 'pay 20261122 → production',
  project: { id: 2, slug: 'pay', name: 'Pay' },
  environment: { id: 3, slug: 'production', name: 'Production', tier: 'production' },
  requester: person(2, 'Lin'),
  release,
  progress: { total: 6, done: 0, now: [], wrong: [] },
  approvals_needed: 1,
  approvals_given: 0,
  is_emergency: false,
  requires_review: false,
  revision: 1,
  created_at: '2026-11-21T16:02:33Z',
  planned_at: null,
  queued_at: null,
  started_at: null,
  finished_at: null,
  expires_at: null,
  cancel_requested_at: null,
  superseded_by: null,
  note: 'Why',
  form: {},
  fingerprint: '5'.repeat(64),
  fingerprint_short: '5555-5555-5555',
  fingerprint_checked_at: '2026-11-21T16:02:33Z',
  fingerprint_trouble: null,
  change: { kind: 'promote', digest: release.digest, targets: [target('dc1', 1), target('dc2', 2)] },
  gates: [
    { name: 'built', state: 'met', code: 'gate.built', params: {}, detail: 'The image is built.' },
    {
      name: 'tested',
      state: 'met',
      code: 'gate.passed',
      params: { name: 'Wang Fang', environment: 'test' },
      detail: 'Passed.',
    },
  ],
  approvals: [],
  who_may_decide: [person(4, 'Chen'), person(5, 'Sun')],
  rights: {
    approve: right(true),
    cancel: right(true),
    retry: right(false),
    review: right(false),
    comment: right(true),
    verdict: right(false),
  },
  builds: [],
  rollouts: [],
  place_in_queue: 0,
  given_review: null,
  frozen_at: null,
  cancel_reason: null,
  held_by: null,
  ...part,
})

type Cell = Schemas['BoardCell']

export const cell = (cluster: string, wave: number, part: Partial<Cell> = {}): Cell =>
  ({
    workload: { id: wave, name: 'pay', deployment: 'pay' },
    cluster: {
      name: cluster,
      data_centre: cluster,
      is_enabled: true,
      seen_at: null,
      seen_seconds_ago: 1,
      is_silent: false,
      trouble: null,
    },
    namespace: 'production',
    wave,
    is_observed: true,
    exists: true,
    will_be_made: false,
    image: OLD,
    digest: OLD.split('@')[1] ?? '',
    release: { ...release, id: 1, tag: '20260101-080000-u0' },
    ready: 2,
    total: 2,
    is_moving: false,
    is_drifted: false,
    expected_digest: '',
    changed_at: null,
    last_rollout: null,
    ...part,
  }) as Cell

export const placeOf = (part: Partial<BoardEnvironment> = {}): BoardEnvironment =>
  ({
    environment: { id: 3, slug: 'production', name: 'Production', tier: 'production' },
    approvals_needed: 1,
    lock: null,
    cells: [cell('dc1', 1), cell('dc2', 2)],
    open_tickets: [],
    last_known_good: null,
    ...part,
  }) as BoardEnvironment

export const presence = (present: boolean | null, clusters = ['dc1', 'dc2']): Schemas['Presence'] => ({
  present,
  checked_at: '2026-11-21T16:02:40Z',
  reason: null,
  registries: [{ registry: 'registry', clusters, present, trouble: null }],
})

const commits: Schemas['ReleaseCommits'] = {
  environment: null,
  reason: null,
  commits: {
    from_commit: 'b',
    from_tag: '',
    to_commit: 'a',
    taken_back: false,
    commits: [{ sha: 'a', title: 'One', author_name: 'Lin', committed_at: null }],
  },
}

export const factsOf = (card: Partial<Card> = {}, part: Partial<Facts> = {}): Facts => ({
  card: cardOf(card),
  environment: { data: placeOf(), failed: false },
  commits: { data: commits, failed: false },
  presence: { data: presence(true), failed: false },
  backPresence: { data: presence(true), failed: false },
  ...part,
})
