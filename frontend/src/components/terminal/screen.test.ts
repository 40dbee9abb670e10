/** The terminal itself, not drawn: what a shell prints against what it makes the terminal say. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Screen } from './screen'

const ESC = '\u001b'
const bytes = (text: string) => new TextEncoder().encode(text)
let typed: (string | Uint8Array)[]
let screen: Screen
const make = (readOnly = false) =>
  new Screen({
    label: 'Shell',
    hintId: 'hint',
    fontSize: 13,
    reader: false,
    readOnly,
    onType: (data) => typed.push(data),
    onLink: vi.fn(),
  })
const take = (data: Uint8Array, again = false, on = screen) => new Promise<void>((done) => on.take(data, done, again))
const line = (n: number, on = screen) => on.term.buffer.active.getLine(n)?.translateToString(true)

const ASKS = [
  `${ESC}[c`,
  `${ESC}[>c`,
  `${ESC}[=c`,
  `${ESC}[5n`,
  `${ESC}[18t`,
  `${ESC}[21t`,
  `${ESC}[?2004$p`,
  `${ESC}P$qm${ESC}\\`,
  `${ESC}]11;?\u0007`,
  `${ESC}]52;c;?\u0007`,
  `${ESC}[?1004h`,
]

beforeEach(() => {
  typed = []
  screen = make()
})
afterEach(() => screen.dispose())

describe('a terminal that is asked', () => {
  it.each(ASKS)('%j: types nothing', async (text) => {
    await take(bytes(`${text}seen`))
    expect(typed).toEqual([])
    expect(line(0)).toBe('seen')
  })

  it.each(ASKS.filter((text) => !/1004|\[5n/.test(text)))(
    '%j: types nothing even where the guard let it through',
    async (text) => {
      await new Promise<void>((done) => screen.term.write(text, done))
      expect(typed).toEqual([])
    },
  )

  it('says where the cursor is, which shells draw by', async () => {
    await take(bytes(`ab${ESC}[6n`))
    expect(typed).toEqual([`${ESC}[1;3R`])
  })

  it('does not say it of a past that is drawn once more, nor when somebody watches', async () => {
    await take(bytes(`${ESC}[6n`), true)
    const watching = make(true)
    await take(bytes(`${ESC}[6n`), false, watching)
    expect(typed).toEqual([])
    watching.dispose()
  })
})

describe('bytes of a shell', () => {
  it('are shown as characters wherever they are cut', async () => {
    for (const byte of bytes('中文 é 😀')) await take(Uint8Array.of(byte))
    expect(line(0)).toBe('中文 é 😀')
  })

  it('leave two cells for a wide character', async () => {
    await take(bytes('中文é'))
    expect(screen.term.buffer.active.cursorX).toBe(2 + 2 + 1)
  })

  it('may be ten megabytes of an escape that never ends, and the rest is still taken', async () => {
    await take(bytes(`${ESC}]52;c;`))
    for (let n = 0; n < 160; n += 1) await take(new Uint8Array(65_536).fill(65))
    await take(bytes(`${ESC}\\after`))
    expect(line(0)).toBe('after')
  }, 30_000)

  it('cannot repeat or insert more than there is room for', async () => {
    await take(bytes(`x${ESC}[2147483647b${ESC}[2147483647L${ESC}[2147483647S\r\nafter`))
    const shown = Array.from({ length: 24 }, (_, n) => line(n))
    expect(shown.filter((text) => text === 'after')).toHaveLength(1)
  })
})
