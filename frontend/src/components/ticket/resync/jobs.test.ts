import { describe, expect, it } from 'vitest'
import { cardOf } from '../fixtures'
import { answersOf, countOf, resyncOf } from './jobs'

const job = (part: Record<string, unknown> = {}) => ({
  jenkins: 'builds',
  link: 'https://ci.example.org/job/b-n1/',
  hash: 'x',
  standing: 'edited',
  template_version: 1,
  differences: [{ path: 'build step 1 (shell)', kind: 'script', template: 'make', job: 'make by-hand' }],
  more: 2,
  ...part,
})
const CHANGE = {
  kind: 'resync_jobs',
  language: 'java',
  template: { version: 3, job: 'tpl-java', hashes: {} },
  canary: 'b-n1',
  jobs: { 'a-n1': job({ link: 'javascript:alert(1)' }), 'b-n1': job(), 'c-n1': job({ differences: [], more: 0 }) },
}

describe('a re-sync', () => {
  it('reads its jobs, the canary first, and makes links of web addresses alone', () => {
    const found = resyncOf(CHANGE)
    expect([found.language, found.version, found.template, found.canary]).toEqual(['java', 3, 'tpl-java', 'b-n1'])
    expect(found.jobs.map(({ project, isCanary, link }) => [project, isCanary, link])).toEqual([
      ['b-n1', true, 'https://ci.example.org/job/b-n1/'],
      ['a-n1', false, ''],
      ['c-n1', false, 'https://ci.example.org/job/b-n1/'],
    ])
    expect(found.jobs.map(countOf)).toEqual([3, 3, 0])
  })

  it('shows of a script the lines that change, of a value what it is and what it gets', () => {
    const diff = ['@@', ' set -e', '-make by-hand', '+make']
    const jobs = {
      a: job({
        differences: [
          { path: 'x', template: 'y', job: 'z', diff },
          { path: 'v', job: null, template: '1' },
        ],
      }),
    }
    expect(resyncOf({ jobs }).jobs[0]?.differences).toEqual([
      {
        path: 'x',
        lines: [
          { sign: '@', text: '@' },
          { sign: ' ', text: 'set -e' },
          { sign: '-', text: 'make by-hand' },
          { sign: '+', text: 'make' },
        ],
      },
      { path: 'v', lines: [{ sign: '+', text: '1' }] },
    ])
  })

  it('is empty where the change is none', () => {
    for (const change of [null, 'x', { jobs: [] }, { jobs: { a: 7 } }]) expect(resyncOf(change).jobs).toEqual([])
  })

  it('answers five questions: what, which first, what was read, no way back, how far', () => {
    const card = cardOf({ kind: 'resync_jobs', status: 'pending_approval', change: CHANGE })
    const answers = answersOf(card, resyncOf(CHANGE), { data: [], failed: false })
    expect(answers.map(({ name, value }) => [name, value.key, value.params])).toEqual([
      ['what', 'q.jobs', { count: 3 }],
      ['first', 'q.canary', { project: 'b-n1' }],
      ['read', 'q.read', undefined],
      ['undo', 'q.no_undo', undefined],
      ['done', 'q.nothing_yet', undefined],
    ])
    expect(answers[1]?.detail).toEqual({ key: 'q.then', params: { count: 2 } })
    expect(answers[2]?.detail).toEqual({ key: 'q.edited', params: { count: 2 } })
  })

  it('never ticks what could not be read', () => {
    const card = cardOf({ kind: 'resync_jobs', change: CHANGE })
    const answers = answersOf(card, resyncOf(CHANGE), { data: undefined, failed: true })
    expect(answers.at(-1)).toMatchObject({ name: 'done', tone: 'odd' })
  })
})
