import { describe, expect, it } from 'vitest'
import { isAnswer } from './answers'
import { terminalKey, type System } from './keys'
import { linesOf, pasted } from './paste'

const press = (combination: string) => {
  const parts = combination.split('+')
  return {
    key: parts.at(-1) ?? '',
    ctrlKey: parts.includes('ctrl'),
    shiftKey: parts.includes('shift'),
    altKey: parts.includes('alt'),
    metaKey: parts.includes('meta'),
  }
}
const meaning = (combination: string, system: System, selected = false) =>
  terminalKey(press(combination), system, selected)

describe('keys a terminal keeps', () => {
  it('are those of Linux, where Ctrl C and Ctrl V belong to the shell', () => {
    expect(meaning('ctrl+shift+C', 'linux')).toBe('copy')
    expect(meaning('ctrl+shift+V', 'linux')).toBe('paste')
    expect(meaning('shift+Insert', 'linux')).toBe('paste')
    expect(meaning('ctrl+Insert', 'linux')).toBe('copy')
    expect(meaning('ctrl+c', 'linux', true)).toBeNull()
    expect(meaning('ctrl+v', 'linux')).toBeNull()
  })

  it('are those of Windows, where Ctrl C copies what is selected and interrupts otherwise', () => {
    expect(meaning('ctrl+c', 'windows', true)).toBe('copy')
    expect(meaning('ctrl+c', 'windows', false)).toBeNull()
    expect(meaning('ctrl+v', 'windows')).toBe('paste')
  })

  it('are those of a Mac, where Ctrl is all the shell’s', () => {
    expect(meaning('meta+c', 'mac', true)).toBe('copy')
    expect(meaning('meta+v', 'mac')).toBe('paste')
    expect(meaning('meta+f', 'mac')).toBe('find')
    expect(meaning('ctrl+c', 'mac', true)).toBeNull()
    expect(meaning('ctrl+shift+C', 'mac', true)).toBeNull()
  })

  it('always let one out', () => {
    expect(meaning('ctrl+shift+ArrowUp', 'linux')).toBe('leave')
    expect(meaning('ctrl+shift+ArrowUp', 'windows')).toBe('leave')
    expect(meaning('meta+ArrowUp', 'mac')).toBe('leave')
    expect(meaning('ctrl+shift+F', 'linux')).toBe('find')
    expect(meaning('alt+ctrl+shift+ArrowUp', 'linux')).toBeNull()
  })
})

describe('what the terminal says of itself', () => {
  it.each([
    '\u001b[?1;2c',
    '\u001b[>0;276;0c',
    '\u001b[?2004;1$y',
    '\u001bP1$r0m\u001b\\',
    '\u001b]11;rgb:0/0/0\u001b\\',
    '\u001b[0n',
    '\u001b[8;24;80t',
    '\u001b[I',
    '\u001b[O',
  ])('is not typed: %j', (data) => expect(isAnswer(data)).toBe(true))

  it.each([
    'a',
    '中文',
    '\r',
    '\u001b',
    '\u001b[A',
    '\u001b[1;5C',
    '\u001bOP',
    '\u001b[1;2R',
    '\u001b]',
    '\u001bP',
    '\u001b[<0;10;20M',
    '\u001b[5~',
    '\u001b[Z',
    'ls\u001b[D',
  ])('is told from what a person types: %j', (data) => expect(isAnswer(data)).toBe(false))
})

describe('a paste', () => {
  it('sends lines as the Enter key does, within brackets where the shell wants them', () => {
    expect(pasted('a\r\nb\nc\td', false)).toBe('a\rb\rc\td')
    expect(pasted('中文', true)).toBe('\u001b[200~中文\u001b[201~')
  })

  it('cannot end its brackets by itself', () => {
    expect(pasted('x\u001b[201~rm -rf /\n', true)).toBe('\u001b[200~x[201~rm -rf /\r\u001b[201~')
    expect(pasted('a\u009b201~\u0003b', false)).toBe('a201~b')
  })

  it('is several lines as soon as one of them would run', () => {
    expect([linesOf('one'), linesOf('one\n'), linesOf('one\r\ntwo')]).toEqual([1, 2, 2])
  })
})
