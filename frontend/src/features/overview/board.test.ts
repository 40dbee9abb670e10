import { describe, expect, it } from 'vitest'
import { columnsOf, mostUrgent, noteOf, partsAt, stepsOf, type Cell, type Row } from './board'
import { primaryOf, toJudge } from './next'

const OLD = 'sha256:' + 'a'.repeat(64)
const NEW = 'sha256:' + 'b'.repeat(64)
const allowed = { allowed: true, code: '', params: {}, detail: '' }
const refused = { allowed: false, code: 'policy.needs_role', params: {}, detail: '' }
const person = { id: 1, username: 'dev', display_name: 'Lin Yue' }
const release = (id: number, digest: string) => ({
  id,
  tag: `t${id}`,
  digest,
  ref: 'main',
  commit: '',
  commit_title: '',
  is_built_here: true,
})

function cell(cluster: string, part: Partial<Cell> = {}): Cell {
  return {
    workload: { id: 1, name: 'api', deployment: 'api' },
    namespace: 'n',
    wave: 1,
    is_observed: true,
    exists: true,
    will_be_made: false,
    image: '',
    digest: OLD,
    cluster: {
      name: cluster,
      data_centre: `${cluster}-bj`,
      is_enabled: true,
      seen_at: '2026-11-21T10:00:00Z',
      seen_seconds_ago: 1,
      is_silent: false,
      trouble: null,
    },
    release: release(1, OLD),
    ready: 2,
    total: 2,
    is_moving: false,
    is_drifted: false,
    expected_digest: '',
    changed_at: null,
    last_rollout: null,
    verdict: null,
    ...part,
  }
}

function row(slug: string, tier: Row['environment']['tier'], cells: Cell[], part: Partial<Row> = {}): Row {
  return {
    environment: { id: 1, slug, name: slug, tier },
    approvals_needed: 0,
    lock: null,
    cells,
    open_tickets: [],
    last_known_good: null,
    rights: { release: allowed, promote: allowed, roll_back: refused, verdict: refused },
    next: [],
    ...part,
  }
}

const ticket = (id: number, status: string, requester = person) => ({
  id,
  kind: 'promote',
  status,
  title: '',
  requester,
  release: null,
  created_at: `2026-11-21T10:0${id}:00Z`,
})

describe('the note of a cell', () => {
  const verdict = { outcome: 'passed' as const, actor: person, created_at: '', comment: '' }
  it('says what troubles it before what was said of its image', () => {
    const one = cell('dc1', { is_drifted: true, verdict })
    expect(noteOf(one, row('test', 'test', [one]))).toBe('drifted')
    const silent = { ...one, cluster: { ...one.cluster, is_silent: true } }
    expect(noteOf(silent, row('test', 'test', [silent]))).toBe('silent')
  })
  it('misses nothing where no release has come yet, and what one brought and is not there', () => {
    const missing = cell('dc1', {
      exists: false,
      digest: '',
      will_be_made: true,
      last_rollout: null,
      expected_digest: '',
    })
    expect(noteOf(missing, row('production', 'production', [missing]))).toBe('first')
    const lost = { ...missing, expected_digest: OLD }
    expect(noteOf(lost, row('production', 'production', [lost]))).toBe('gone')
  })
  it('calls a cluster behind when another one of the environment runs a newer version', () => {
    const old = cell('dc1')
    const place = row('production', 'production', [old, cell('dc2', { digest: NEW, release: release(2, NEW) })])
    expect(place.cells.map((one) => noteOf(one, place))).toEqual(['behind', null])
  })
  it('does not call pods that are short in a rollout not ready', () => {
    const moving = cell('dc1', { is_moving: true, ready: 0 })
    expect(noteOf(moving, row('test', 'test', [moving]))).toBe('rolling')
    expect(noteOf({ ...moving, is_moving: false }, row('test', 'test', [moving]))).toBe('not_ready')
  })
  it('says passed, and names an image nobody built here', () => {
    expect(noteOf(cell('dc1', { verdict }), row('test', 'test', []))).toBe('passed')
    expect(noteOf(cell('dc1', { release: null }), row('test', 'test', []))).toBe('not_built')
  })
})

describe('the columns', () => {
  it('are clusters by data centre, told apart by name where two share one', () => {
    const b = cell('dc2')
    b.cluster.data_centre = 'dc1-bj'
    expect(columnsOf([row('test', 'test', [cell('dc1'), b, cell('dc3')])]).map((one) => one.title)).toEqual([
      'dc1',
      'dc2',
      'dc3-bj',
    ])
  })
  it('are data centres above eight clusters, and the same image there is said once with its pods summed', () => {
    const cells = Array.from({ length: 9 }, (_, index) => cell(`c${index}`))
    for (const one of cells) one.cluster.data_centre = 'bj'
    const place = row('production', 'production', cells)
    const [column, ...others] = columnsOf([place])
    expect(others).toEqual([])
    expect(column && partsAt(place, column)).toMatchObject([{ clusters: 9, ready: 18, total: 18 }])
  })
  it('stand in production order on the right, whatever staging runs on', () => {
    const rows = [
      row('test', 'test', [cell('lab')]),
      row('staging', 'staging', [cell('dc2')]),
      row('production', 'production', [cell('dc1'), cell('dc2')]),
    ]
    expect(columnsOf(rows).map((one) => one.key)).toEqual(['lab', 'dc1', 'dc2'])
  })
  it('keeps two images of one column apart', () => {
    const place = row('test', 'test', [cell('dc1'), cell('dc1', { digest: NEW, release: release(2, NEW) })])
    expect(
      columnsOf([place])
        .flatMap((column) => partsAt(place, column))
        .map((part) => part.tag),
    ).toEqual(['t1', 't2'])
  })
})

describe('what comes next', () => {
  it('is the open ticket before anything else, and the target decides who may promote', () => {
    const base = { environment: 'production', tag: 't1', digest: OLD, ticket: null, reason: null }
    const production = row('production', 'production', [], {
      rights: { release: refused, promote: refused, roll_back: refused, verdict: refused },
    })
    const open = row('test', 'test', [], { next: [{ ...base, is_open: true }] })
    expect(stepsOf(open, [open, production])).toEqual([{ kind: 'open', tag: 't1', to: 'production', right: refused }])
    const asked = row('test', 'test', [], { next: [{ ...base, is_open: false, ticket: 41 }] })
    expect(stepsOf(asked, [asked, production])).toEqual([{ kind: 'asked', ticket: 41, to: 'production' }])
  })
  it('says once what keeps an image from going on to several places', () => {
    const reason = { code: 'gate.no_verdict', params: {}, detail: '' }
    const closed = { tag: 't1', digest: OLD, ticket: null, is_open: false, reason }
    const test = row('test', 'test', [], {
      next: [
        { ...closed, environment: 'staging' },
        { ...closed, environment: 'production' },
      ],
    })
    expect(stepsOf(test, [test])).toEqual([{ kind: 'closed', to: 'staging', code: 'gate.no_verdict', reason }])
  })
  it('shows what waits for a person before what runs, production first, then the oldest', () => {
    const rows = [
      row('test', 'test', [], { open_tickets: [ticket(1, 'running'), ticket(2, 'pending_confirmation')] }),
      row('production', 'production', [], {
        open_tickets: [ticket(4, 'pending_approval'), ticket(3, 'pending_approval')],
      }),
    ]
    expect(mostUrgent(rows)?.ticket.id).toBe(3)
    expect(mostUrgent([row('test', 'test', [])])).toBeNull()
  })
})

describe('the filled button', () => {
  const ops = { environment: 'production', role: 'ops' as const, expires_at: null }
  const waiting = [row('production', 'production', [], { open_tickets: [ticket(7, 'pending_approval')] })]
  it('is Approve for ops, and never for who filed it', () => {
    expect(primaryOf(waiting, { id: 2, roles: [ops] })).toEqual({ kind: 'approve', ticket: 7 })
    expect(primaryOf(waiting, { id: 1, roles: [ops] })).toBeNull()
  })
  it('asks a tester for a verdict only where none was given and nothing moves', () => {
    const may = { rights: { release: allowed, promote: allowed, roll_back: refused, verdict: allowed } }
    expect(toJudge([row('test', 'test', [cell('dc1')], may)])).toBe('test')
    expect(toJudge([row('test', 'test', [cell('dc1', { is_moving: true })], may)])).toBeUndefined()
  })
})
