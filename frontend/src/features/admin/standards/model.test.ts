/** Standards: topics, the filter, a row as fields and back. */
import { expect, test } from 'vitest'
import { byLevel, changeOf, grouped, kept, placeholdersOf, topicOf, valuesOf, type Standard } from './model'

const standard = (part: Partial<Standard> = {}): Standard => ({
  id: 'probes.one_strike',
  sentence_en: 'Never {timeout} s with {failures} failures.',
  sentence_zh: '不得 {timeout} 秒、{failures} 次。',
  reason_en: 'One slow answer restarts a healthy pod.',
  reason_zh: '一次延迟就会重启健康的 Pod。',
  shown: {
    sentence_en: 'Never 3 s with 3 failures.',
    sentence_zh: '不得 3 秒、3 次。',
    reason_en: 'One slow answer restarts a healthy pod.',
    reason_zh: '一次延迟就会重启健康的 Pod。',
  },
  levels: { development: 'off', test: 'warn', staging: 'warn', production: 'deny' },
  languages: ['python', 'java'],
  thresholds: { timeout: 3, failures: 3 },
  limits: [
    { name: 'timeout', usual: 3, least: 2, most: 60, is_whole: true, unit: 's' },
    { name: 'failures', usual: 3, least: 2, most: 20, is_whole: true, unit: '' },
  ],
  updated_at: null,
  updated_by: '',
  ...part,
})

test('a topic is the first word of the id; autoscaling belongs to replicas, and what stands alone is put together', () => {
  const ids = ['image.tag', 'autoscaling.range', 'replicas.least', 'probes.liveness', 'time_zone.set', 'future.rule']
  expect(ids.map(topicOf)).toEqual(['other', 'replicas', 'replicas', 'probes', 'other', 'other'])
})

test('topics stand in their order, standards in the server’s, and an empty topic is left out', () => {
  const rows = ['replicas.least', 'autoscaling.range', 'probes.readiness', 'logs.stdout'].map((id) => standard({ id }))
  expect(grouped(rows).map(({ topic, standards }) => [topic, standards.map(({ id }) => id)])).toEqual([
    ['probes', ['probes.readiness']],
    ['replicas', ['replicas.least', 'autoscaling.range']],
    ['other', ['logs.stdout']],
  ])
})

test.each([
  [{}, true],
  [{ level: 'warn' }, true],
  [{ level: 'deny', tier: 'production' }, true],
  [{ level: 'deny', tier: 'test' }, false],
  [{ level: 'off', tier: 'development' }, true],
  [{ tier: 'development' }, false],
  [{ tier: 'test' }, true],
  [{ q: 'ONE_STRIKE' }, true],
  [{ q: '健康' }, true],
  [{ q: ' 3 s ' }, true],
  [{ q: '{timeout}' }, false],
  [{ q: 'strike', level: 'deny', tier: 'test' }, false],
] as const)('the filter %j keeps it: %s', (filter, expected) => {
  expect(kept(standard(), filter)).toBe(expected)
})

test('a narrow row tells the tiers of each level, the hardest level first', () => {
  expect(byLevel(standard().levels)).toEqual([
    { level: 'deny', tiers: ['production'] },
    { level: 'warn', tiers: ['test', 'staging'] },
    { level: 'off', tiers: ['development'] },
  ])
})

test('one changed level sends all four, and nothing else', () => {
  expect(changeOf(standard(), { 'levels.test': 'deny' })).toEqual({
    levels: { development: 'off', test: 'deny', staging: 'warn', production: 'deny' },
  })
})

test('one changed threshold sends all of them; an emptied one goes as it is, for the server to refuse', () => {
  expect(changeOf(standard(), { 'thresholds.timeout': 5 })).toEqual({ thresholds: { timeout: 5, failures: 3 } })
  expect(changeOf(standard(), { 'thresholds.failures': null })).toEqual({ thresholds: { timeout: 3, failures: null } })
})

test('texts and languages go as they are typed, no change sends nothing', () => {
  expect(changeOf(standard(), { sentence_en: 'Never.', languages: [] })).toEqual({
    sentence_en: 'Never.',
    languages: [],
  })
  expect(changeOf(standard(), {})).toEqual({})
})

test('the order of languages is no difference', () => {
  expect(valuesOf(standard()).languages).toEqual(['java', 'python'])
})

test('the thresholds a text may name are told as they are written', () => {
  expect(placeholdersOf(standard())).toBe('{timeout} {failures}')
})
