/** What is accused where, what counts as typed, and the commands a machine runs. */
import { expect, test } from 'vitest'
import { ApiError } from '@/lib/api/errors'
import { commandsFor } from './commands'
import { isOvertaken, typed } from './draft'
import { rangeOf, standing } from './problems'

const BAD = (line: number) => ({ code: 'hosts.bad_address', params: { line, value: 'x' }, detail: '' })
const refusal = (...text: { code: string; params: Record<string, unknown>; detail: string }[]) =>
  new ApiError(400, 'hosts.bad_lines', '', {}, { text })
const linesOf = (error: ApiError | null, sent: string, shown: string) =>
  standing(error, sent, shown).map(({ line }) => line)

test('a problem stands at the line the server named while the text is as it was sent', () => {
  expect(linesOf(refusal(BAD(1), BAD(3)), 'x a\n10.0.0.1 b\nx c', 'x a\n10.0.0.1 b\nx c')).toEqual([1, 3])
  expect(linesOf(null, 'x a', 'x a')).toEqual([])
})

test('a problem moves with its line, and goes when the line is edited', () => {
  const sent = 'x a\n10.0.0.1 b\nx c'
  expect(linesOf(refusal(BAD(1), BAD(3)), sent, '# new\nx a\n10.0.0.1 b\nx c')).toEqual([2, 4])
  expect(linesOf(refusal(BAD(1), BAD(3)), sent, '10.0.0.9 a\n10.0.0.1 b\nx c')).toEqual([3])
})

test('a problem of the whole file has no line and stays until the next answer', () => {
  const whole = { code: 'hosts.too_large', params: { kib: 70, most_kib: 64 }, detail: '' }
  expect(linesOf(refusal(whole), 'a', 'b')).toEqual([null])
})

test('a line is selected from its first to its last character', () => {
  expect(rangeOf('one\ntwo\n\nfour', 2)).toEqual([4, 7])
  expect(rangeOf('one\ntwo\n\nfour', 3)).toEqual([8, 8])
  expect(rangeOf('one', 1)).toEqual([0, 3])
})

test('typing the current text again is nothing typed', () => {
  const current = { text: 'a\n', number: 4 }
  expect(typed(null, current, 'b\n')).toEqual({ text: 'b\n', base: 4, note: '' })
  expect(typed({ text: 'b\n', base: 4, note: 'why' }, current, 'a\n')).toBeNull()
})

test('what was typed over an older version keeps its base and is overtaken, even where it equals the newer text', () => {
  const old = { text: 'b\n', base: 3, note: 'why' }
  const now = typed(old, { text: 'a\n', number: 4 }, 'a\n')
  expect(now).toEqual({ text: 'a\n', base: 3, note: 'why' })
  expect([isOvertaken(now, { number: 4 }), isOvertaken(now, { number: 3 }), isOvertaken(null, { number: 4 })]).toEqual([
    true,
    false,
    false,
  ])
})

test('each command sends the token as a header and moves the file only once it is whole', () => {
  expect(commandsFor('https://ops.example/hosts/test.txt', 'test', 'oph_s3cret')).toEqual([
    {
      tool: 'curl',
      text: "curl -fsS -H 'Authorization: Bearer oph_s3cret' -o hosts.test.new https://ops.example/hosts/test.txt && mv hosts.test.new hosts.test",
    },
    {
      tool: 'wget',
      text: "wget -q --header='Authorization: Bearer oph_s3cret' -O hosts.test.new https://ops.example/hosts/test.txt && mv hosts.test.new hosts.test",
    },
  ])
})
