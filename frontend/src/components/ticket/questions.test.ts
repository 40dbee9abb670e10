import { describe, expect, it } from 'vitest'
import { checksOf } from './checks'
import { cell, factsOf, placeOf, presence } from './fixtures'
import { answersOf } from './questions'
import type { Facts } from './types'

const tones = (facts: Facts) => Object.fromEntries(answersOf(facts).map((one) => [one.name, one.tone]))
const answer = (facts: Facts, name: string) => answersOf(facts).find((one) => one.name === name)

describe('the five questions', () => {
  it('are all ticked when everything is known and nothing stands against it', () => {
    expect(tones(factsOf())).toEqual({ changes: 'ok', tested: 'ok', land: 'ok', back: 'ok', time: 'ok' })
  })
  it('give no tick for anything that could not be asked', () => {
    const failed = { data: undefined, failed: true }
    const facts = factsOf(
      { gates: [], change: null, fingerprint: '', fingerprint_trouble: { code: 'k8s.silent', params: {}, detail: '' } },
      { environment: failed, commits: failed, presence: failed, backPresence: failed },
    )
    expect(Object.values(tones(facts))).not.toContain('ok')
    expect(answer(facts, 'land')).toMatchObject({ tone: 'odd', value: { key: 'q.not_checked' } })
  })
  it('give no tick while answers are still on their way', () => {
    const coming = { data: undefined, failed: false }
    const facts = factsOf({}, { environment: coming, commits: coming, presence: coming, backPresence: coming })
    expect(tones(facts)).toMatchObject({ changes: 'off', back: 'off' })
  })
  it('do not tick what changes when the commits are not known', () => {
    const facts = factsOf({}, { commits: { data: { environment: null, commits: null, reason: null }, failed: false } })
    expect(answer(facts, 'changes')).toMatchObject({ tone: 'odd', detail: { key: 'q.commits_unknown' } })
  })
  it('call a silent cluster not checked, and one that is not whole a warning', () => {
    const silent = cell('dc2', 2)
    const away = placeOf({ cells: [cell('dc1', 1), { ...silent, cluster: { ...silent.cluster, is_silent: true } }] })
    expect(answer(factsOf({}, { environment: { data: away, failed: false } }), 'land')).toMatchObject({
      tone: 'odd',
      value: { key: 'q.not_checked' },
      detail: { key: 'check.silent' },
    })
    const half = placeOf({ cells: [cell('dc1', 1), cell('dc2', 2, { ready: 1 })] })
    expect(answer(factsOf({}, { environment: { data: half, failed: false } }), 'land')).toMatchObject({
      tone: 'warn',
      value: { params: { count: 1 } },
    })
  })
  it('know no way back when the registry lost the image that runs, and none when the clusters differ', () => {
    expect(answer(factsOf({}, { backPresence: { data: presence(false), failed: false } }), 'back')).toMatchObject({
      tone: 'bad',
    })
    const two = placeOf({ cells: [cell('dc1', 1), cell('dc2', 2, { digest: 'sha256:other' })] })
    expect(answer(factsOf({}, { environment: { data: two, failed: false } }), 'back')).toMatchObject({ tone: 'warn' })
  })
  it('wait for the tester without a tick, and say no after a failed verdict', () => {
    const gate = (state: string, code: string) => [{ name: 'tested', state, code, params: {}, detail: '' }]
    expect(tones(factsOf({ gates: gate('missing', 'gate.no_verdict') })).tested).toBe('wait')
    expect(tones(factsOf({ gates: gate('refused', 'gate.failed_verdict') })).tested).toBe('bad')
  })
  it('tell how many clusters were reached once it runs, and which one failed', () => {
    const rollout = (cluster: string, result: string) => ({
      id: 1,
      cluster,
      workload: 'pay',
      namespace: 'production',
      deployment: 'pay',
      wave: 1,
      from_image: '',
      from_digest: '',
      to_image: '',
      to_digest: '',
      result,
      reason: null,
      started_at: '2026-11-21T17:00:00Z',
      finished_at: null,
    })
    const facts = factsOf({ status: 'failed', rollouts: [rollout('dc1', 'succeeded'), rollout('dc2', 'failed')] })
    expect(answer(facts, 'land')).toMatchObject({
      tone: 'bad',
      value: { params: { done: 1, total: 2 } },
      detail: { params: { cluster: 'dc2' } },
    })
    expect(answer(facts, 'changes')?.detail).toBeNull()
  })
  it('put a lock and a queue before the start', () => {
    const lock = { by: { id: 9, username: 'x', display_name: 'Wang' }, reason: 'load test', until: null }
    expect(answer(factsOf({}, { environment: { data: placeOf({ lock }), failed: false } }), 'time')).toMatchObject({
      tone: 'warn',
      detail: { key: 'check.locked' },
    })
    expect(answer(factsOf({ place_in_queue: 2 }), 'time')).toMatchObject({
      tone: 'wait',
      value: { params: { count: 2 } },
    })
  })
})

describe('a configuration', () => {
  const configured = (objects: Record<string, unknown>, based_on = 4) =>
    factsOf({
      kind: 'configure',
      release: null,
      form: { based_on },
      change: { kind: 'configure', name: 'pay', targets: [{ cluster: 'dc1', objects, removed: [] }] },
    })
  it('says how many objects change, and never that an image does', () => {
    const line = { path: 'spec.replicas', before: 3, after: 6 }
    expect(answer(configured({ 'Deployment pay': [line], 'Service pay': 'created' }), 'changes')).toMatchObject({
      tone: 'ok',
      value: { key: 'q.objects', params: { count: 2 } },
    })
    expect(answer(configured({ 'Deployment pay': [] }), 'changes')).toMatchObject({
      tone: 'off',
      value: { key: 'q.nothing' },
      detail: { key: 'q.as_configured' },
    })
  })
  it('goes back to the revision it was made from, and the first one to none', () => {
    expect(answer(configured({}), 'back')).toMatchObject({
      tone: 'ok',
      value: { key: 'q.revision', params: { number: 4 } },
    })
    expect(answer(configured({}, 0), 'back')).toMatchObject({ tone: 'warn', detail: { key: 'q.first_revision' } })
  })
})

describe('a configuration of what does not run yet', () => {
  const applied = (objects: Record<string, unknown>) => {
    const targets = [{ cluster: 'dc1', namespace: 'production', objects, removed: [] }]
    const change = { kind: 'configure', name: 'pay', targets }
    return factsOf({ kind: 'configure', status: 'succeeded', release: null, rollouts: [], change })
  }
  it('was applied, and leaves the Deployment to the first release', () => {
    expect(answer(applied({ 'Service pay': 'created' }), 'land')).toEqual({
      name: 'land',
      tone: 'ok',
      value: { key: 'q.applied' },
      detail: { key: 'q.made_by_release' },
    })
  })
  it('says no such thing of one that runs', () => {
    const running = applied({ 'Service pay': [], 'Deployment pay': [] })
    expect(answer(running, 'land')).toMatchObject({ tone: 'ok', value: { key: 'q.applied' }, detail: null })
  })
  it('promises no Deployment of its own before it is applied', () => {
    const facts = factsOf(
      { kind: 'configure', release: null, change: { kind: 'configure', name: 'pay', targets: [] }, rollouts: [] },
      { environment: { data: placeOf({ cells: [cell('dc1', 1, { will_be_made: true })] }), failed: false } },
    )
    expect(checksOf(facts).find((one) => one.name === 'made:dc1')?.title).toEqual({
      key: 'check.made_by_release',
      params: { cluster: 'dc1' },
    })
  })
})

describe('the preflight', () => {
  it('shows findings before what passed', () => {
    const facts = factsOf({}, { presence: { data: presence(false), failed: false } })
    expect(checksOf(facts)[0]).toMatchObject({ name: 'image', tone: 'bad' })
  })
  it('tells nothing of the clusters of now about a ticket that is over', () => {
    expect(checksOf(factsOf({ status: 'succeeded' })).map((one) => one.name)).toEqual(['gate:built', 'gate:tested'])
  })
})
