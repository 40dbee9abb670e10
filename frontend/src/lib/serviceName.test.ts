import { describe, expect, it } from 'vitest'
import { isServiceName, suggestedName } from './serviceName'

describe('the rule of service names', () => {
  it('takes what the server takes and refuses what it refuses', () => {
    expect(['a', 'book-tomcat-n1', 'a'.repeat(63)].map(isServiceName)).toEqual([true, true, true])
    expect(['', 'Book', '1a', 'a-', 'a_b', 'a'.repeat(64)].map(isServiceName)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
    ])
  })
  it('suggests the nearest name that keeps it', () => {
    expect(suggestedName('Book_API.n1')).toBe('book-api-n1')
    expect(suggestedName('orderQuery--')).toBe('order-query')
    expect(suggestedName('123-shop')).toBe('shop')
    expect(suggestedName('购物')).toBe('')
  })
  it('never suggests a name that breaks the rule itself', () => {
    const long = suggestedName(`${'a'.repeat(62)}-b`)
    expect(isServiceName(long)).toBe(true)
  })
})
