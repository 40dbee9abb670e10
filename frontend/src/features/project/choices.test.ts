import { describe, expect, it } from 'vitest'
import { choices } from './choices'

const all = ['admin-php-n1', 'book-api-n1', 'pay-gate-n1', 'user-web-n1'].map((slug) => ({
  slug,
  name: slug === 'pay-gate-n1' ? 'Payment gate' : slug,
}))
const slugs = (query: string, recent: string[] = [], pinned: string[] = []) =>
  choices({ query, here: 'book-api-n1', recent, pinned, all }).map((choice) => choice.slug)

describe('the project switcher', () => {
  it('offers recent before pinned before the rest, none twice and never the open one', () => {
    expect(slugs('', ['book-api-n1', 'user-web-n1'], ['user-web-n1', 'pay-gate-n1'])).toEqual([
      'user-web-n1',
      'pay-gate-n1',
      'admin-php-n1',
    ])
  })

  it('finds by name as well as by slug', () => {
    expect(slugs('Payment')).toEqual(['pay-gate-n1'])
    expect(slugs('web')).toEqual(['user-web-n1'])
  })
})
