import { expect, it } from 'vitest'
import { clockOf, secondsLeft, urgencyOf } from './countdown'

const AT = '2026-11-21T10:30:00Z'
const before = (seconds: number) => new Date(AT).getTime() - seconds * 1000

it('does not run before the first use', () => {
  expect([secondsLeft(null, 0), urgencyOf(null)]).toEqual([null, 'calm'])
})

it('is amber from five minutes on and red from one', () => {
  expect([301, 300, 61, 60, 0].map((left) => urgencyOf(secondsLeft(AT, before(left))))).toEqual([
    'calm',
    'soon',
    'soon',
    'last',
    'last',
  ])
})

it('never goes below nothing, and reads as a clock', () => {
  expect(secondsLeft(AT, before(-5))).toBe(0)
  expect([0, 62, 1662, 3849].map(clockOf)).toEqual(['00:00', '01:02', '27:42', '1:04:09'])
})
