import { describe, expect, it } from 'vitest'
import type { Schemas } from '@/lib/api/client'
import { cardOf } from '../fixtures'
import { accessAnswers, factsOf, itemsOf, madeHere } from './answers'
import { madeOf } from './made'

type Step = Schemas['Step']
let next = 1
const step = (name: string, wave: number, target: string, part: Partial<Step> = {}): Step => ({
  id: next++,
  name,
  target,
  wave,
  order: 0,
  status: 'planned',
  system: '',
  key: '',
  attempt: 1,
  visits: 0,
  troubles: 0,
  reason: null,
  output: {},
  note: null,
  due_at: null,
  started_at: null,
  finished_at: null,
  ...part,
})
const plan = (part: Partial<Step> = {}) => [
  step('start', 0, '', part),
  step('bind_repository', 1, 'gitlab', part),
  step('add_webhook', 1, 'gitlab', part),
  step('create_job', 1, 'jenkins', part),
  step('create_namespace', 1, 'dc1/pay-test', part),
  step('create_namespace', 1, 'dc2/pay-test', part),
  step('grant_defaults', 2, '', part),
  step('admit_project', 3, '', part),
]
const request = (part: Parameters<typeof cardOf>[0] = {}) =>
  cardOf({ kind: 'project_access', environment: null, release: null, gates: [], form: { owners: ['lin'] }, ...part })
const answer = (card: ReturnType<typeof cardOf>, steps: Step[] | undefined, name: string, failed = false) =>
  accessAnswers(card, { data: steps, failed }).find((one) => one.name === name)

describe('the five questions of a service that wants in', () => {
  it('count what is created, not what is only looked at', () => {
    expect(answer(request(), plan(), 'created')).toMatchObject({
      tone: 'ok',
      value: { key: 'q.things', params: { count: 5 } },
      detail: { key: 'q.namespaces', params: { count: 2 } },
    })
  })
  it('give no tick for a plan that could not be read, nor while it is on its way', () => {
    expect(answer(request(), undefined, 'created', true)?.tone).toBe('odd')
    expect(answer(request(), undefined, 'created')?.tone).toBe('off')
  })
  it('give no tick for checks nobody made', () => {
    expect(answer(request(), plan(), 'checks')?.tone).toBe('off')
  })
  it('say who owns it', () => {
    expect(answer(request({ form: { owners: ['lin', 'sun'] } }), plan(), 'who')).toMatchObject({
      value: { params: { count: 2 } },
      detail: { params: { names: 'lin, sun' } },
    })
  })
  it('after a failure, tell how much is there to take back: what was found before is not', () => {
    const steps = plan({ status: 'succeeded' })
    const made = steps.map((one) =>
      one.name === 'add_webhook'
        ? { ...one, output: { what: 'webhook', did: 'adopted', link: '' } }
        : one.name === 'create_job'
          ? { ...one, output: { what: 'job', did: 'created', link: 'https://ci.local/job/pay/' } }
          : one.name === 'create_namespace'
            ? { ...one, status: 'failed' }
            : one,
    )
    expect(madeHere(made)).toBe(1)
    expect(answer(request({ status: 'failed' }), made, 'undo')).toMatchObject({
      tone: 'wait',
      value: { key: 'q.to_undo', params: { count: 1 } },
    })
    expect(answer(request({ status: 'failed' }), made, 'created')).toMatchObject({
      tone: 'bad',
      value: { params: { done: 3, total: 5 } },
    })
  })
  it('an outcome nobody knows is violet, not red', () => {
    const steps = plan({ status: 'succeeded' }).map((one) =>
      one.name === 'create_job' ? { ...one, status: 'errored' } : one,
    )
    expect(answer(request({ status: 'errored' }), steps, 'created')?.tone).toBe('odd')
  })
  it('of a removal say that it cannot be taken back', () => {
    const card = request({ kind: 'project_removal', form: { reason: 'End of sale of the shop' } })
    expect(answer(card, [step('start', 0, ''), step('remove_job', 2, 'jenkins')], 'undo')?.tone).toBe('warn')
    expect(itemsOf([step('close_project', 3, ''), step('remove_job', 2, 'jenkins')])).toHaveLength(1)
  })
})

describe('what a step says it made', () => {
  it('links only web addresses, and takes no shape on trust', () => {
    expect(madeOf({ what: 'job', did: 'created', link: 'https://ci.local/job/pay/' })).toEqual({
      what: 'job',
      did: 'created',
      link: 'https://ci.local/job/pay/',
      foreign: [],
    })
    expect(madeOf({ what: 'job', did: 'created', link: 'javascript:alert(1)' })?.link).toBe('')
    expect(madeOf({ what: 'namespace', did: 'adopted', link: '', foreign: ['Deployment web', 7] })?.foreign).toEqual([
      'Deployment web',
    ])
    expect(madeOf({ what: 'project', did: 'created', link: '' })?.did).toBe('opened')
    expect([madeOf(null), madeOf([1]), madeOf({ digest: 'x' }), madeOf({ did: 'exploded' })]).toEqual([
      null,
      null,
      null,
      null,
    ])
  })
})

describe('what was asked', () => {
  it('leaves out what was left empty, and keeps arguments apart', () => {
    const facts = factsOf({
      language: 'java',
      testers: [],
      log_path: '',
      start_command: ['java', '-jar', 'my app.jar'],
      callback: {},
      migration: { state: 'vm' },
      contacts: [{ name: 'Lin', channel: 'phone', address: '1380' }],
      registry: 'harbor',
      image_repository: 'shop/pay',
    })
    expect(facts.map((one) => [one.field, one.text])).toEqual([
      ['language', 'java'],
      ['image_repository', 'harbor · shop/pay'],
      ['contacts', 'Lin 1380'],
      ['start_command', 'java -jar my app.jar'],
      ['migration', 'vm'],
    ])
    expect(facts.find((one) => one.field === 'start_command')?.argv).toEqual(['java', '-jar', 'my app.jar'])
  })
})
