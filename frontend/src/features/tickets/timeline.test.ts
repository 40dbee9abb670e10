import { describe, expect, it } from 'vitest'
import { cardOf, person } from '@/components/ticket/fixtures'
import { planOf, type Step } from './plan'
import { timelineOf } from './timeline'

const step = (part: Partial<Step>): Step => ({
  id: 1,
  name: 'patch_image',
  target: '',
  wave: 0,
  order: 0,
  status: 'planned',
  system: '',
  key: '',
  attempt: 1,
  visits: 0,
  troubles: 0,
  reason: null,
  note: null,
  output: null,
  due_at: null,
  started_at: null,
  finished_at: null,
  ...part,
})

describe('the timeline', () => {
  it('is in order, tells a void after its approval, and a short step once', () => {
    const card = cardOf({
      status: 'succeeded',
      queued_at: '2026-11-21T16:10:00Z',
      started_at: '2026-11-21T16:10:02Z',
      finished_at: '2026-11-21T16:12:00Z',
      approvals: [
        {
          id: 1,
          actor: person(4, 'Chen'),
          decision: 'approve',
          comment: 'ok',
          fingerprint: '',
          fingerprint_short: '',
          revision: 1,
          created_at: '2026-11-21T16:05:00Z',
          voided_at: '2026-11-21T16:06:00Z',
          void_reason: null,
          changed_lines: [],
        },
      ],
    })
    const steps = [
      step({
        id: 1,
        name: 'start',
        status: 'succeeded',
        started_at: '2026-11-21T16:10:02Z',
        finished_at: '2026-11-21T16:10:03Z',
      }),
      step({
        id: 2,
        name: 'await_rollout',
        target: 'dc1/pay',
        status: 'succeeded',
        started_at: '2026-11-21T16:10:10Z',
        finished_at: '2026-11-21T16:11:00Z',
      }),
    ]
    const told = timelineOf(
      card,
      steps,
      [{ id: 1, actor: person(5, 'Sun'), text: 'hi', created_at: '2026-11-21T16:11:30Z' }],
      [],
    )
    expect(told.map((one) => one.what)).toEqual([
      'filed',
      'approved',
      'voided',
      'queued',
      'started',
      'step_succeeded',
      'step_started',
      'step_succeeded',
      'commented',
      'ended',
    ])
  })
  it('leaves what still runs open', () => {
    const told = timelineOf(
      cardOf({ status: 'running' }),
      [step({ status: 'waiting', started_at: '2026-11-21T16:10:02Z' })],
      [],
      [],
    )
    expect(told.at(-1)).toMatchObject({ what: 'step_started' })
  })
})

describe('the plan', () => {
  it('is wave by wave with a lane for each cluster, steps in their order', () => {
    const waves = planOf([
      step({ id: 4, wave: 1, target: 'dc2/pay', order: 0 }),
      step({ id: 3, wave: 1, target: 'dc1/pay', order: 1 }),
      step({ id: 2, wave: 1, target: 'dc1/pay', order: 0 }),
      step({ id: 1, wave: 0 }),
    ])
    expect(waves.map((wave) => wave.lanes.map((lane) => [lane.name, lane.steps.map((one) => one.id)]))).toEqual([
      [['', [1]]],
      [
        ['dc1', [2, 3]],
        ['dc2', [4]],
      ],
    ])
  })
  it('names lanes of one cluster by more than the cluster', () => {
    const [wave] = planOf(
      ['test-1/test', 'test-1/staging', 'dc1/production'].map((target) => step({ wave: 1, target })),
    )
    expect(wave?.lanes.map((lane) => lane.name)).toEqual(['dc1', 'test-1/staging', 'test-1/test'])
  })
})
