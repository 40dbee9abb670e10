import { expect, it } from 'vitest'
import { isWebAddress } from './web'

it('takes whole web addresses only', () => {
  expect(['https://a.b/c', 'http://report/1'].every(isWebAddress)).toBe(true)
  expect(['javascript:alert(1)', 'a.b/c', 'https://user:pw@host/', 'https://a b', ''].some(isWebAddress)).toBe(false)
})
