import { describe, expect, it } from 'vitest'
import { canaryOf, canResync, countOf, keptChoice, linesOfDifference, type JobDrift } from './drift'

const row = (project: string, standing: JobDrift['standing'], part: Partial<JobDrift> = {}): JobDrift => ({
  project,
  project_name: project,
  job: project,
  jenkins: 'builds',
  link: '',
  standing,
  template_version: 1,
  newest_version: 2,
  differences: [],
  left_out: 0,
  checked_at: '2026-11-20T10:00:00Z',
  problem: null,
  ...part,
})

describe('which jobs may be brought back', () => {
  it('are those that were edited or left behind, and no others', () => {
    const standings = ['follows', 'edited', 'behind', 'foreign', 'missing', 'unreadable'] as const
    expect(standings.filter((standing) => canResync({ standing }))).toEqual(['edited', 'behind'])
  })

  it('keeps a choice while its job differs, in the order of the list', () => {
    const rows = [row('a', 'edited'), row('b', 'follows'), row('c', 'behind'), row('d', 'edited')]
    expect(keptChoice(new Set(['c', 'a', 'b']), rows)).toEqual(['a', 'c'])
  })

  it('takes the first as canary until another one of the chosen is picked', () => {
    expect(canaryOf(undefined, ['a', 'c'])).toBe('a')
    expect(canaryOf('c', ['a', 'c'])).toBe('c')
    expect(canaryOf('b', ['a', 'c'])).toBe('a')
    expect(canaryOf('b', [])).toBeUndefined()
  })
})

describe('a difference', () => {
  it('counts with those that are not shown', () => {
    const one = { path: 'x', kind: 'other' as const, template: null, job: 'y', diff: [] }
    expect(countOf(row('a', 'edited', { differences: [one], left_out: 3 }))).toBe(4)
  })

  it('of a script is its unified diff', () => {
    const diff = ['@@ -1,2 +1,2 @@', ' set -e', '-make image', '+make by-hand']
    expect(linesOfDifference({ diff, template: 'x', job: 'y' })).toEqual([
      { sign: '@', text: '@@ -1,2 +1,2 @@' },
      { sign: ' ', text: 'set -e' },
      { sign: '-', text: 'make image' },
      { sign: '+', text: 'make by-hand' },
    ])
  })

  it('of a value is what the template says and what the job says; what is not there has no line', () => {
    expect(linesOfDifference({ diff: [], template: 'a\nb', job: null })).toEqual([
      { sign: '-', text: 'a' },
      { sign: '-', text: 'b' },
    ])
  })
})
