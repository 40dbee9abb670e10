import { describe, expect, it } from 'vitest'
import { parse, plainText } from './ansi'
import { Finder, nextOf, places } from './find'
import { bits } from './pieces'
import { ERROR, PLAIN, severityOf, STAGE, WARNING } from './severity'
import { firstRealError, LogStore } from './store'

const E = '\u001b'
const piece = (text: string, offset = 0, complete = true) => {
  const next = offset + new TextEncoder().encode(text).length
  return { text, offset, next_offset: next, complete, size: next }
}
const storeOf = (text: string) => {
  const store = new LogStore()
  store.append(piece(text))
  return store
}
const allLines = (store: LogStore) => Array.from({ length: store.count }, (_, index) => store.line(index + 1))

describe('colours', () => {
  it('keeps text and names the styles of SGR', () => {
    expect(parse(`a${E}[1;31mred${E}[0m b`)).toEqual({ text: 'ared b', spans: [{ from: 1, to: 4, style: 'red bold' }] })
  })
  it('reads 256-colour and true-colour codes without taking their numbers for others', () => {
    expect(parse(`${E}[38;5;1mx${E}[0m${E}[38;2;31;1;4my`)).toEqual({
      text: 'xy',
      spans: [{ from: 0, to: 1, style: 'red' }],
    })
  })
  it('never conceals: hidden, reversed and background text stays readable', () => {
    expect(parse(`${E}[8;7;40msecret`)).toEqual({ text: 'secret', spans: [] })
  })
  it('takes out cursor moves, titles, links and control characters', () => {
    expect(
      plainText(
        `${E}[2J${E}[1;1H${E}]0;title\u0007a${E}]8;;https://x${E}\\link${E}]8;;${E}\\\u0000\u0007\u009b\u202eb`,
      ),
    ).toBe('alinkb')
  })
  it('does not let an unfinished sequence swallow what follows', () => {
    expect(plainText(`${E}]8;;http://evil and then text`)).toBe('8;;http://evil and then text')
    expect(plainText(`${E}[31`)).toBe('')
    expect(plainText(`${E}[12${E}[31mred`)).toBe('red')
  })
  it('shows all of a progress line that overwrote itself', () => {
    expect(plainText('10%\r20%\r')).toBe('10% 20%')
  })
})

/** Time of the second size against the first; a quadratic one would be near 64 for eight times the length. */
function growth(work: (length: number) => void): number {
  const time = (length: number) => {
    const began = performance.now()
    work(length)
    return performance.now() - began
  }
  work(100_000)
  const best = (length: number) => Math.min(...[1, 2, 3].map(() => time(length)))
  return best(10_000_000) / Math.max(best(1_250_000), 0.5)
}

describe('hostile lines stay linear up to 10 MB', () => {
  it.each([
    ['unfinished title', `${E}]`],
    ['escapes only', E],
    ['unfinished colours', `${E}[1;`],
    ['unfinished device strings', `${E}P1`],
    ['one endless parameter', '1;'],
    ['carriage returns', '\r'],
    ['finished colours', `${E}[31m`],
  ])(
    '%s',
    (_, part) => {
      expect(growth((length) => void parse(`${E}[${part.repeat(Math.ceil(length / part.length))}`))).toBeLessThan(32)
    },
    60_000,
  )
})

describe('lines', () => {
  const text = '一行 one\n\n::opsportal stage=compile::\n\u{1F600} two\r\n[ERROR] three\nopen'
  it('are the same wherever the pieces are cut', () => {
    const wanted = allLines(storeOf(text))
    expect(wanted).toHaveLength(6)
    for (let cut = 0; cut <= text.length; cut += 1) {
      const store = new LogStore()
      // The API cuts between characters; a cut inside a surrogate pair joins again all the same.
      const first = text.slice(0, cut)
      store.append({ text: first, offset: 0, next_offset: cut, complete: false, size: text.length })
      store.append({ text: text.slice(cut), offset: cut, next_offset: text.length, complete: true, size: text.length })
      expect(allLines(store)).toEqual(wanted)
      expect(store.errors).toEqual([5])
      expect(store.stages).toEqual([{ name: 'compile', line: 3 }])
    }
  })
  it('takes no piece twice and none out of order', () => {
    const store = new LogStore()
    expect(store.append(piece('a\n', 0, false))).toBe(true)
    expect(store.append(piece('a\n', 0, false))).toBe(false)
    expect(store.append(piece('c\n', 9, false))).toBe(false)
    expect(allLines(store)).toEqual(['a'])
  })
  it('gives back for the download exactly what came', () => {
    const many = Array.from({ length: 9000 }, (_, index) => `line ${index}`).join('\n')
    expect([...storeOf(many).text()].join('')).toBe(many)
    expect([...storeOf(`${many}\n`).text()].join('')).toBe(`${many}\n`)
  })
  it('tells its readers at most ten times a second', async () => {
    const store = new LogStore()
    let told = 0
    store.subscribe(() => {
      told += 1
    })
    for (let at = 0; at < 50; at += 1) store.append(piece('x\n', at * 2, false))
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(told).toBe(1)
  })
})

describe('severity', () => {
  it.each([
    ['[ERROR] Failed to execute goal', ERROR],
    ['src/a.c:12:3: error: expected', ERROR],
    ['npm ERR! code 1', ERROR],
    ['java.lang.IllegalStateException: no', ERROR],
    ['PHP Parse error:  x in y', ERROR],
    ['2026-01-01 10:00:00 [main] ERROR boot', ERROR],
    ['[WARN] uses unchecked operations', WARNING],
    ['[WARNING] deprecated', WARNING],
    ['a.go:3: warning: x', WARNING],
    ['[INFO] Tests run: 12, Failures: 0, Errors: 0, Skipped: 0', PLAIN],
    ['[INFO] 0 errors, no warning', PLAIN],
    ['Compiling ErrorHandler.java', PLAIN],
    ['::opsportal stage=image::', STAGE],
    ['+ echo "::opsportal stage=image::"', PLAIN],
  ])('%s', (line, wanted) => expect(severityOf(line)).toBe(wanted))

  it('starts a failed build at the first error of the stage that broke', () => {
    const store = storeOf('[ERROR] harmless probe\n::opsportal stage=compile::\nx\n[ERROR] real\n[ERROR] after\n')
    expect(firstRealError(store)).toBe(4)
    expect(firstRealError(storeOf('a\nb\n'))).toBe(2)
  })
})

describe('find', () => {
  it('goes on where it stopped when lines arrive, and counts each line once', () => {
    const store = new LogStore()
    const finder = new Finder('WARN')
    store.append(piece('a warn\nb\nwa', 0, false))
    finder.advance(store)
    expect(finder.lines).toEqual([1])
    store.append(piece('rn\n', 11, true))
    finder.advance(store)
    expect(finder.lines).toEqual([1, 3])
  })
  it('takes the query literally and sees through colours', () => {
    const store = storeOf(`x.y\nxzy\nfa${E}[31mil${E}[0med\n`)
    const dot = new Finder('X.')
    dot.advance(store)
    expect(dot.lines).toEqual([1])
    const coloured = new Finder('failed')
    coloured.advance(store)
    expect(coloured.lines).toEqual([3])
  })
  it('walks around the end in both directions', () => {
    expect([nextOf([3, 7], 3), nextOf([3, 7], 7), nextOf([3, 7], 3, true), nextOf([], 1)]).toEqual([7, 3, 7, null])
  })
  it('cuts a row at colours and found places', () => {
    const { text, spans } = parse(`a${E}[31mbcd${E}[0me`)
    expect(bits(text, spans, places(text, 'cde'))).toEqual([
      { text: 'a', style: '', isFound: false },
      { text: 'b', style: 'red', isFound: false },
      { text: 'cd', style: 'red', isFound: true },
      { text: 'e', style: '', isFound: true },
    ])
  })
})
