/** Weights that fit their state, addresses as typed, and what saving would change. */
import { expect, test } from 'vitest'
import { changedIn, formOf, serversOf, withState, type Form } from './model'

const MIXED: Form = { state: 'mixed', weight: 30, servers: '10.0.0.5:80' }

test('a pure state has the only weight it can have', () => {
  expect(withState(MIXED, 'vm').weight).toBe(0)
  expect(withState(MIXED, 'container').weight).toBe(100)
})

test('between the two a weight that fits is kept, and one that does not becomes the first share', () => {
  expect(withState(MIXED, 'mixed').weight).toBe(30)
  expect(withState({ ...MIXED, state: 'vm', weight: 0 }, 'mixed').weight).toBe(10)
  expect(withState({ ...MIXED, state: 'container', weight: 100 }, 'mixed').weight).toBe(10)
})

test('addresses are one a line, however they were pasted', () => {
  expect(serversOf(' 10.0.0.5:80, 10.0.0.6:80\n\n[2001:db8::5]:80 ')).toEqual([
    '10.0.0.5:80',
    '10.0.0.6:80',
    '[2001:db8::5]:80',
  ])
  expect(serversOf('\n')).toEqual([])
})

test('what changes is told in the order of the form, and blanks change nothing', () => {
  expect(changedIn(MIXED, { ...MIXED, servers: '\n10.0.0.5:80\n' })).toEqual([])
  expect(changedIn(MIXED, { state: 'container', weight: 100, servers: '10.0.0.6:80' })).toEqual([
    'state',
    'weight',
    'servers',
  ])
})

test('the form begins as the revision is', () => {
  const revision = { state: 'mixed', container_weight: 30, container_servers: ['a:1', 'b:2'] } as const
  expect(formOf({ ...revision, container_servers: [...revision.container_servers] } as never)).toEqual({
    state: 'mixed',
    weight: 30,
    servers: 'a:1\nb:2',
  })
})
