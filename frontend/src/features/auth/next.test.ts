import { describe, expect, it } from 'vitest'
import { safeNext } from './next'

const HERE = 'https://portal.example'
const next = (wish: string | undefined) => safeNext(wish, HERE)

describe('where signing in leads', () => {
  it('is the wished page of this portal, with its search and hash', () => {
    expect(next('/p/book-api-n1/releases?env=test&status=failed#L18')).toBe(
      '/p/book-api-n1/releases?env=test&status=failed#L18',
    )
  })

  it.each([
    undefined,
    '',
    'inbox',
    'https://evil.example/',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    'javascript:alert(1)',
    '/..//evil.example',
    '/./\u0000/x',
    ' /inbox',
  ])('is home for %j', (wish) => {
    expect(next(wish)).toBe('/')
  })

  it('never leads back to the forms of people who are not signed in', () => {
    expect(next('/sign-in?next=/inbox')).toBe('/')
    expect(next('/welcome#secret')).toBe('/')
    expect(next('/sign-ins')).toBe('/sign-ins')
  })
})
