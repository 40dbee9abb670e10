import { expect, test } from 'vitest'
import { quotaOf, textOf } from './quota'

test('a quota is one line of text and comes back as it was', () => {
  const quota = { 'requests.cpu': '4', 'limits.memory': '8Gi', pods: '20' }
  expect(textOf(quota)).toBe('requests.cpu=4 limits.memory=8Gi pods=20')
  expect(quotaOf(textOf(quota))).toEqual(quota)
  expect(textOf({})).toBe('')
  expect(quotaOf('  ')).toEqual({})
})

test('what people write between two names does not matter, and nothing that they wrote is dropped', () => {
  expect(quotaOf('pods=20, limits.memory=8Gi;\nsecrets=5')).toEqual({
    pods: '20',
    'limits.memory': '8Gi',
    secrets: '5',
  })
  expect(quotaOf('pods requests.cpu==2')).toEqual({ pods: '', 'requests.cpu': '=2' })
})
