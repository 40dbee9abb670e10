/** Addresses of pages are plain: they can be read, typed and shared. */
import { expect, test } from 'vitest'
import { flag, many, parseSearch, search, stringifySearch, text, whole } from './search'

const read = search({ status: many, mine: flag, q: text, edit: whole })

test('a list stands several times, a flag is 1, what is not there is left out', () => {
  const told = stringifySearch({ status: ['failed', 'running'], mine: true, q: '1.10 & more', edit: 7, env: undefined })
  expect(told).toBe('?status=failed&status=running&mine=1&q=1.10+%26+more&edit=7')
})

test('an address gives back what it was made from', () => {
  const asked = { status: ['failed', 'running'], mine: true, q: '0012', edit: 7 } as const
  expect(read(parseSearch(stringifySearch(asked)))).toEqual(asked)
  expect(read(parseSearch('?status=failed'))).toEqual({ status: ['failed'] })
})

test('nothing asked is no question mark, and nonsense is nothing asked', () => {
  expect(stringifySearch({})).toBe('')
  expect(read(parseSearch('?edit=-1&mine=perhaps&q='))).toEqual({})
})
