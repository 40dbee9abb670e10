/** How grants are laid out and when they end. */
import { expect, test } from 'vitest'
import { columnsOf, dayAhead, endingSoon, endOfDay, rowsOf, type Grant } from './model'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const grant = (
  id: number,
  username: string,
  environment: string,
  role: Grant['role'],
  expires_at: string | null = null,
): Grant => ({
  id,
  user: { id: username.length, username, display_name: '' },
  project: 'book-api-n1',
  project_id: 1,
  environment,
  environment_id: 1,
  role,
  expires_at,
  is_live: true,
  granted_by: null,
  created_at: '2026-11-01T00:00:00Z',
  revoked_at: null,
})

test('a person has one row, and roles in a cell stand in a fixed order', () => {
  const rows = rowsOf([
    grant(1, 'zoe', 'test', 'ops'),
    grant(2, 'anna', 'test', 'tester'),
    grant(3, 'zoe', 'test', 'developer'),
  ])
  expect(rows.map(({ user }) => user.username)).toEqual(['anna', 'zoe'])
  expect(rows[1]?.cells.get('test')?.map(({ role }) => role)).toEqual(['developer', 'ops'])
})

test('an environment the project no longer uses stays a column while a grant names it', () => {
  expect(columnsOf(['test', 'production'], [grant(1, 'a', 'staging', 'ops'), grant(2, 'a', 'test', 'ops')])).toEqual([
    'test',
    'production',
    'staging',
  ])
})

test('what ends within 14 days comes soonest first, what has no end not at all', () => {
  const list = [
    grant(1, 'a', 't', 'ops', '2026-12-04T00:00:00Z'),
    grant(2, 'a', 't', 'ops'),
    grant(3, 'a', 't', 'ops', '2026-11-22T00:00:00Z'),
    grant(4, 'a', 't', 'ops', '2026-12-06T00:00:00Z'),
  ]
  expect(endingSoon(list, NOW).map(({ id }) => id)).toEqual([3, 1])
})

test('a day ends by the clock of the person, also where the clocks were changed', () => {
  expect(endOfDay('2026-12-31', 'Asia/Shanghai')).toBe('2026-12-31T15:59:59.000Z')
  expect(endOfDay('2026-03-29', 'Europe/Berlin')).toBe('2026-03-29T21:59:59.000Z')
  expect(dayAhead(1, 'Asia/Shanghai', Date.parse('2026-11-21T17:00:00Z'))).toBe('2026-11-23')
})
