/** Comparing two versions of a template. */
import { expect, test } from 'vitest'
import { folded, lineDiff, linesOf } from './lines'

const said = (before: string, after: string) =>
  lineDiff(before, after).map(({ kind, text }) => `${{ same: ' ', removed: '-', added: '+' }[kind]}${text}`)

test('a changed line is the old one, then the new one, in its place', () => {
  expect(said('FROM a:1\nRUN x\nUSER 1\n', 'FROM a:2\nRUN x\nUSER 1\n')).toEqual([
    '-FROM a:1',
    '+FROM a:2',
    ' RUN x',
    ' USER 1',
  ])
})

test('lines that moved apart keep what stayed between them', () => {
  expect(said('a\nb\nc', 'a\nx\nb\nc\ny')).toEqual([' a', '+x', ' b', ' c', '+y'])
  expect(said('a\na\nb', 'a\nb')).toEqual([' a', '-a', ' b'])
})

test('both sides keep their own line numbers', () => {
  expect(lineDiff('a\nb', 'x\na\nb').map(({ before, after }) => [before, after])).toEqual([
    [null, 1],
    [1, 2],
    [2, 3],
  ])
})

test('nothing is nothing, and the end of the last line is no line', () => {
  expect(linesOf('')).toEqual([])
  expect(linesOf('a\n')).toEqual(['a'])
  expect(said('', 'a\n')).toEqual(['+a'])
  expect(said('same\n', 'same\n')).toEqual([' same'])
})

test('what is far from a change is folded and counted', () => {
  const many = Array.from({ length: 20 }, (_, n) => `line ${n}`).join('\n')
  const shown = folded(lineDiff(many, many.replace('line 10', 'changed')))
  expect(shown[0]).toEqual({ kind: 'fold', count: 7 })
  expect(shown.at(-1)).toEqual({ kind: 'fold', count: 6 })
  expect(shown).toHaveLength(1 + 3 + 2 + 3 + 1)
})
