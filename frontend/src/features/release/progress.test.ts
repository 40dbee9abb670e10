import { describe, expect, it } from 'vitest'
import type { Schemas } from '@/lib/api/client'
import { situationOf } from './nextMove'
import { presentRow, rowsOf, segmentsOf, stagesOf, type Step } from './progress'

let id = 0
const step = (name: string, over: Partial<Step> = {}): Step =>
  ({
    id: (id += 1),
    name,
    target: '',
    wave: 0,
    order: id,
    status: 'planned',
    troubles: 0,
    reason: null,
    started_at: null,
    finished_at: null,
    ...over,
  }) as Step

const plan = () => [
  step('start', { status: 'succeeded' }),
  step('create_tag', { status: 'succeeded' }),
  step('await_build'),
  step('take_slot'),
  step('patch_image', { wave: 1, order: 0, target: 'dc1/a' }),
  step('patch_image', { wave: 1, order: 0, target: 'dc2/a' }),
  step('await_rollout', { wave: 1, order: 1, target: 'dc1/a' }),
  step('await_rollout', { wave: 1, order: 1, target: 'dc2/a' }),
]

describe('rows', () => {
  it('put clusters side by side and housekeeping into the row it belongs to', () => {
    const rows = rowsOf(plan())
    expect(rows.map((row) => [row.name, row.steps.length])).toEqual([
      ['create_tag', 2],
      ['await_build', 1],
      ['patch_image', 3],
      ['await_rollout', 2],
    ])
    expect(rows.every((row) => row.wave === null)).toBe(true)
  })
  it('keep waves apart and number them', () => {
    const rows = rowsOf([step('patch_image', { wave: 1, order: 0 }), step('patch_image', { wave: 2, order: 0 })])
    expect(rows.map((row) => row.wave)).toEqual([1, 2])
  })
  it('take no longer because a retry did the housekeeping anew', () => {
    const took = (from: number, to: number) => ({
      status: 'succeeded',
      started_at: `2026-06-06T08:00:0${from}Z`,
      finished_at: `2026-06-06T08:00:0${to}Z`,
    })
    const [first, again] = [took(0, 1), took(8, 9)].map(
      (housekeeping) => rowsOf([step('start', housekeeping), step('create_tag', took(2, 3))])[0],
    )
    expect([first?.startedAt, first?.finishedAt]).toEqual(['2026-06-06T08:00:00Z', '2026-06-06T08:00:03Z'])
    expect([again?.startedAt, again?.finishedAt]).toEqual(['2026-06-06T08:00:02Z', '2026-06-06T08:00:03Z'])
  })
  it('run while one cluster runs, even after another failed, and are failed only then', () => {
    const two = (a: string, b: string) =>
      rowsOf([step('await_rollout', { status: a }), step('await_rollout', { status: b, order: id })])[0]?.status
    expect([
      two('failed', 'waiting'),
      two('failed', 'succeeded'),
      two('succeeded', 'planned'),
      two('errored', 'succeeded'),
    ]).toEqual(['running', 'failed', 'running', 'errored'])
  })
  it('are held by a brake without being in doubt, whatever trouble the step had before', () => {
    const held = (code: string) =>
      rowsOf([step('patch_image', { status: 'waiting', troubles: 2, reason: { code, params: {}, detail: '' } })])[0]
    const by = (code: string) => [held(code)?.held !== null, held(code)?.doubtful !== null]
    expect([by('brake.on'), by('brake.on_cluster'), by('outside.unavailable')]).toEqual([
      [true, false],
      [true, false],
      [false, true],
    ])
  })
  it('point at the step that went wrong, not at the planned one behind it', () => {
    const rows = rowsOf([
      step('create_tag', { status: 'succeeded' }),
      step('await_build', { status: 'failed' }),
      step('resolve_digest'),
    ])
    expect(presentRow(rows)?.number).toBe(2)
  })
})

describe('the bar', () => {
  it('is of equal parts and shows no share while nothing usual is known', () => {
    const rows = rowsOf([
      step('create_tag', { status: 'succeeded' }),
      step('await_build', { status: 'waiting', started_at: new Date(0).toISOString() }),
    ])
    const segments = segmentsOf(rows, undefined, 60_000)
    expect(segments.map((s) => [s.weight, s.share])).toEqual([
      [1, null],
      [1, null],
    ])
  })
  it('never fills a running step, however late it is', () => {
    const rows = rowsOf([step('await_build', { status: 'waiting', started_at: new Date(0).toISOString() })])
    const typical = { sample: 9, total_seconds: 10, steps: [{ name: 'await_build', seconds: 10 }], stages: [] }
    expect(segmentsOf(rows, typical, 900_000)[0]?.share).toBeLessThan(1)
  })
})

describe('stages', () => {
  const marks = [
    { name: 'pull', line: 5, started_at_ms: 1000 },
    { name: 'compile', line: 17, started_at_ms: 5000 },
  ]
  it('end where the next begins; the last of a failed build is the one that broke', () => {
    const found = stagesOf(
      { stages: marks, state: 'finished', result: 'FAILURE', finished_at: new Date(9000).toISOString() },
      undefined,
    )
    expect(found.map((s) => [s.status, s.seconds])).toEqual([
      ['succeeded', 4],
      ['failed', 4],
    ])
  })
  it('have no duration where no time was seen', () => {
    const found = stagesOf(
      {
        stages: [{ name: 'pull', line: 5 }],
        state: 'finished',
        result: 'SUCCESS',
        finished_at: new Date(9000).toISOString(),
      },
      undefined,
    )
    expect(found[0]?.seconds).toBeNull()
  })
  it('list what usually follows only while the build runs', () => {
    const typical = {
      sample: 3,
      total_seconds: 9,
      steps: [],
      stages: [
        { name: 'pull', seconds: 4 },
        { name: 'push', seconds: 2 },
      ],
    }
    const build = { stages: marks, state: 'running', result: '', finished_at: null }
    expect(stagesOf(build, typical).map((s) => s.name)).toEqual(['pull', 'compile', 'push'])
    expect(stagesOf({ ...build, state: 'finished', result: 'FAILURE' }, typical)).toHaveLength(2)
  })
})

describe('the next move', () => {
  const right = (allowed: boolean, code = 'policy.needs_role') => ({
    allowed,
    code: allowed ? '' : code,
    params: {},
    detail: '',
  })
  const card = (over: object) =>
    ({
      id: 7,
      status: 'succeeded',
      environment: { slug: 'test' },
      requester: { id: 1, username: 'dev', display_name: '' },
      cancel_requested_at: null,
      place_in_queue: null,
      rights: { retry: right(true), verdict: right(true) },
      ...over,
    }) as Schemas['TicketCard']
  const release = (over: object = {}) =>
    ({ digest: 'd', verdicts: [], tickets: [], ...over }) as unknown as Schemas['ReleaseCard']
  const passed = {
    verdicts: [
      {
        id: 1,
        environment: { slug: 'test' },
        outcome: 'passed',
        created_at: '2026-01-01',
        actor: { username: 'w', display_name: 'W' },
      },
    ],
  }
  const production = { environment: { slug: 'production' }, next: [], rights: { promote: right(true) } }
  const test = (digest: string) => ({
    environment: { slug: 'test' },
    rights: { verdict: right(true) },
    next: [{ environment: 'production', digest, is_open: true }],
  })
  const say = (facts: object) =>
    situationOf({ release: release(), card: card({}), board: [test('d'), production] as never, meId: 1, ...facts })

  it('offers nothing while it runs, while a cancel is under way, nor while a brake holds it', () => {
    expect(say({ card: card({ status: 'running' }) })).toMatchObject({ move: { what: 'none' }, who: 'running_mine' })
    expect(say({ card: card({ status: 'running', cancel_requested_at: 'x' }) }).who).toBe('canceling')
    const held_by = { code: 'brake.on', params: {}, detail: '' }
    expect(say({ card: card({ status: 'running', held_by }) }).who).toBe('held')
    expect(say({ card: card({ status: 'canceled', held_by }) }).who).toBe('ended')
  })
  it('asks for the verdict first, and of a tester only', () => {
    expect(say({}).move).toEqual({ what: 'verdict', environment: 'test' })
    expect(say({ board: [{ ...test('d'), rights: { verdict: right(false) } }] })).toMatchObject({
      move: { what: 'none' },
      who: 'verdict_tester',
    })
  })
  it('offers promotion after a pass, unless it is asked already or runs there', () => {
    expect(say({ release: release(passed) }).move).toEqual({ what: 'promote', to: 'production' })
    const asked = {
      ...passed,
      tickets: [{ id: 9, kind: 'promote', status: 'pending_approval', environment: { slug: 'production' } }],
    }
    expect(say({ release: release(asked) })).toMatchObject({
      move: { what: 'none' },
      who: 'asked',
      params: { ticket: 9 },
    })
    expect(say({ release: release(passed), board: [test('another'), production] }).who).toBe('done')
  })
  it('never offers promotion after a failed verdict', () => {
    const failed = { verdicts: [{ ...passed.verdicts[0], outcome: 'failed' }] }
    expect(say({ release: release(failed) })).toMatchObject({ move: { what: 'none' }, who: 'refused' })
  })
  it('offers retry to whom it is allowed, else says who may', () => {
    expect(say({ card: card({ status: 'failed' }) }).move).toEqual({ what: 'retry', ticket: 7 })
    expect(say({ card: card({ status: 'errored', rights: { retry: right(false) } }) }).who).toBe('retry_others')
    expect(say({ card: card({ status: 'failed', rights: { retry: right(false, 'ticket.later_started') } }) }).who).toBe(
      'retry_none',
    )
  })
})
