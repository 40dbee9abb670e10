/**
 * A raw log line as text and its colours. Only SGR (colour, weight) is understood; every other escape, control and
 * direction character is taken out. One pass, each character looked at a bounded number of times, whatever it holds.
 */

export type Span = { from: number; to: number; style: string }
export type Plain = { text: string; spans: Span[] }

/** Anything but printable text and tabs: C0, DEL, C1, and the marks that turn the writing direction. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const SPECIAL = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/

const ESC = 0x1b
const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']
const MOST_PARAMETERS = 32

type Style = { colour: string; bold: boolean; dim: boolean; italic: boolean; underline: boolean }
const RESET: Style = { colour: '', bold: false, dim: false, italic: false, underline: false }

const nameOf = (style: Style): string =>
  [style.colour, style.bold && 'bold', style.dim && 'dim', style.italic && 'italic', style.underline && 'underline']
    .filter(Boolean)
    .join(' ')

/** The text alone: for finding, for judging a line, for reading it out. */
export const plainText = (raw: string): string => (SPECIAL.test(raw) ? parse(raw).text : raw)

export function parse(raw: string): Plain {
  if (!SPECIAL.test(raw)) return { text: raw, spans: [] }
  return new Scanner(raw).run()
}

class Scanner {
  private at = 0
  private readonly kept: string[] = []
  private length = 0
  private style = RESET
  private readonly spans: Span[] = []
  private spanFrom = 0
  /** beyond this place no string terminator comes any more, so none is looked for twice */
  private unterminated = false

  constructor(private readonly raw: string) {}

  run(): Plain {
    const { raw } = this
    let from = 0
    while (this.at < raw.length) {
      const code = raw.charCodeAt(this.at)
      if (isText(code)) {
        this.at += 1
        continue
      }
      this.keep(from, this.at)
      if (code === ESC) this.escape()
      else {
        // A carriage return overwrites on a terminal; here nothing is hidden, so it becomes a gap.
        if (code === 0x0d && this.at < raw.length - 1) this.put(' ')
        this.at += 1
      }
      from = this.at
    }
    this.keep(from, this.at)
    this.closeSpan()
    return { text: this.kept.join(''), spans: this.spans }
  }

  private keep(from: number, to: number): void {
    if (to > from) this.put(this.raw.slice(from, to))
  }

  private put(text: string): void {
    this.kept.push(text)
    this.length += text.length
  }

  /** At an ESC: steps behind the sequence, or behind what is certainly part of it when it is broken. */
  private escape(): void {
    const next = this.raw.charCodeAt(this.at + 1)
    if (next === 0x5b) this.control(this.at + 2)
    else if (next === 0x5d || next === 0x50 || next === 0x58 || next === 0x5e || next === 0x5f) this.string(this.at + 2)
    else this.short(this.at + 1)
  }

  /** ESC, intermediates, one final byte. */
  private short(at: number): void {
    let end = at
    while (inside(this.raw.charCodeAt(end), 0x20, 0x2f)) end += 1
    this.at = inside(this.raw.charCodeAt(end), 0x30, 0x7e) ? end + 1 : end
  }

  /** ESC [ parameters intermediates final; a broken one ends where it breaks. */
  private control(at: number): void {
    let end = at
    while (inside(this.raw.charCodeAt(end), 0x30, 0x3f)) end += 1
    const parameters = end
    while (inside(this.raw.charCodeAt(end), 0x20, 0x2f)) end += 1
    const final = this.raw.charCodeAt(end)
    this.at = inside(final, 0x40, 0x7e) ? end + 1 : end
    if (final === 0x6d && parameters === end) this.restyle(this.raw.slice(at, Math.min(end, at + 200)))
  }

  /** OSC, DCS and their like, up to BEL or ST. Without an end only the opening goes, so that no text is swallowed. */
  private string(at: number): void {
    if (!this.unterminated) {
      for (let end = at; end < this.raw.length; end += 1) {
        const code = this.raw.charCodeAt(end)
        if (code === 0x07 || code === 0x9c) return this.jump(end + 1)
        if (code === ESC && this.raw.charCodeAt(end + 1) === 0x5c) return this.jump(end + 2)
      }
      this.unterminated = true
    }
    this.jump(at)
  }

  private jump(to: number): void {
    this.at = to
  }

  private restyle(parameters: string): void {
    if (!/^[\d;]*$/.test(parameters)) return
    const codes = parameters.split(';', MOST_PARAMETERS).map(Number)
    let style = { ...this.style }
    for (let index = 0; index < codes.length; index += 1) {
      const code = codes[index] ?? 0
      if (code === 38 || code === 48) {
        const isPalette = codes[index + 1] === 5
        const wanted = codes[index + 2] ?? 0
        if (isPalette && code === 38 && wanted < 16) style.colour = COLOURS[wanted % 8] ?? ''
        index += isPalette ? 2 : 4
      } else style = change(style, code)
    }
    this.closeSpan()
    this.style = style
  }

  private closeSpan(): void {
    const name = nameOf(this.style)
    if (name && this.length > this.spanFrom) this.spans.push({ from: this.spanFrom, to: this.length, style: name })
    this.spanFrom = this.length
  }
}

/** Backgrounds, blinking, reversing and concealing are left out: they could only hide what was written. */
function change(style: Style, code: number): Style {
  if (code === 0) return RESET
  if (code === 1) return { ...style, bold: true }
  if (code === 2) return { ...style, dim: true }
  if (code === 3) return { ...style, italic: true }
  if (code === 4) return { ...style, underline: true }
  if (code === 22) return { ...style, bold: false, dim: false }
  if (code === 23) return { ...style, italic: false }
  if (code === 24) return { ...style, underline: false }
  if (code === 39) return { ...style, colour: '' }
  if (code >= 30 && code <= 37) return { ...style, colour: COLOURS[code - 30] ?? '' }
  if (code >= 90 && code <= 97) return { ...style, colour: COLOURS[code - 90] ?? '' }
  return style
}

const inside = (code: number, low: number, high: number): boolean => code >= low && code <= high

function isText(code: number): boolean {
  if (code === 0x09) return true
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return false
  if (code < 0x061c) return true
  return !(
    code === 0x061c ||
    code === 0x200e ||
    code === 0x200f ||
    inside(code, 0x202a, 0x202e) ||
    inside(code, 0x2066, 0x2069)
  )
}
