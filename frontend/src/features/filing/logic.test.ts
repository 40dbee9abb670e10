import { describe, expect, it } from 'vitest'
import type { Schemas } from '@/lib/api/client'
import {
  blockers,
  earlierVersions,
  groupChanges,
  isChanging,
  ownFindings,
  promoteAct,
  versionToPromote,
  type Change,
  type Preview,
  type Release,
} from './logic'

const A = `sha256:${'a'.repeat(64)}`
const B = `sha256:${'b'.repeat(64)}`
const change = (cluster: string, wave: number, before: string, after: string): Change => ({
  cluster,
  wave,
  before,
  after,
  namespace: 'production',
  deployment: 'web',
  container: 'app',
  is_pattern: false,
  replicas: 2,
  changed_fields: [],
  refused: null,
  not_checked: null,
  will_be_made: false,
  pre_rollout: null,
  objects: [],
  removed: [],
})
const preview = (part: Partial<Preview>): Preview => ({
  can_file: true,
  title: null,
  first_status: null,
  approvals_needed: null,
  requires_review: false,
  gates: [],
  changes: [],
  configuration: null,
  commits: null,
  commits_reason: null,
  who_may_decide: [],
  place_in_queue: null,
  findings: [],
  ...part,
})
const person = { id: 1, username: 'tester', display_name: '' }
const test = { id: 1, slug: 'test', name: 'Test', tier: 'test' as const }
const verdict = (id: number, outcome: string): Schemas['Verdict'] => ({
  id,
  outcome,
  environment: test,
  digest: A,
  comment: '',
  evidence: [],
  actor: person,
  created_at: '2026-11-20T10:00:00Z',
})
const release = (id: number, digest: string, verdicts: Schemas['Verdict'][] = [], ran: string[] = []): Release => ({
  id,
  digest,
  verdicts,
  ran_in: ran.map((environment) => ({ environment, at: null })),
  project: { id: 1, slug: 'web', name: '' },
  tag: `t${id}`,
  ref: 'main',
  commit: '',
  commit_title: '',
  image_repository: '',
  size: null,
  is_built_here: true,
  requester: person,
  ticket: id,
  last_build: null,
  built_at: null,
  created_at: '2026-11-20T10:00:00Z',
})

describe('changes', () => {
  it('that are the same are one group in the order of waves; a cluster that differs stands apart', () => {
    const groups = groupChanges([
      change('dc2', 2, `r:1/web:1@${A}`, `r:1/web:2@${B}`),
      change('dc1', 1, `r:1/web:1@${A}`, `q:1/web:2@${B}`),
      change('dc3', 1, `r:1/web:0@${B}`, `r:1/web:2@${B}`),
    ])
    expect(groups.map((group) => group.targets.map((one) => one.cluster))).toEqual([['dc1', 'dc2'], ['dc3']])
  })
})

describe('a preview', () => {
  const refused = { name: 'tested', state: 'refused', code: 'gate.never_ran', params: {}, detail: '' }
  const denied = { level: 'deny', code: 'gate.never_ran', params: {}, detail: '' }
  const gone = { level: 'deny', code: 'image.gone', params: {}, detail: '' }
  it('names each cause once, whether a gate or a finding says it', () => {
    expect(blockers(preview({ gates: [refused], findings: [denied, gone] })).map((one) => one.code)).toEqual([
      'gate.never_ran',
      'image.gone',
    ])
    expect(ownFindings(preview({ gates: [refused], findings: [denied, gone] }))).toEqual([gone])
  })
  it('says who is first: the tester, who approves, or nobody', () => {
    expect(promoteAct(preview({ first_status: 'pending_confirmation' }))).toBe('wait')
    expect(promoteAct(preview({ first_status: 'pending_approval' }))).toBe('ask')
    expect(promoteAct(preview({ first_status: 'queued' }))).toBe('go')
  })
})

describe('the version offered first', () => {
  it('is the newest that passed and does not run there', () => {
    const tested = release(1, A, [verdict(1, 'failed'), verdict(2, 'passed')])
    expect(versionToPromote([release(3, ''), release(2, B), tested], undefined)).toBe(tested)
  })
  it('is not one whose last verdict is a fail', () => {
    const failed = release(1, A, [verdict(1, 'passed'), verdict(2, 'failed')])
    const untested = release(2, B)
    expect(versionToPromote([untested, failed], undefined)).toBe(untested)
  })
})

describe('a roll back', () => {
  it('offers each image once, only where it ran, and not what runs', () => {
    const list = [
      release(4, B, [], ['production']),
      release(3, A, [], ['production']),
      release(2, A, [], ['production']),
      release(1, `${A}x`, [], ['test']),
    ]
    expect(earlierVersions(list, 'production', new Set([B])).map((one) => one.id)).toEqual([3])
  })
  it('stops a ticket that is changing the environment, not one that still builds', () => {
    const ticket = (now: string[]) =>
      ({ status: 'running', progress: { total: 9, done: 1, now, wrong: [] } }) as Partial<
        Schemas['Ticket']
      > as Schemas['Ticket']
    expect(isChanging(ticket(['patch_image']))).toBe(true)
    expect(isChanging(ticket(['await_build']))).toBe(false)
  })
})
