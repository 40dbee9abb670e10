/**
 * What a shell prints is not trusted: everything it may show passes, everything by which it could answer in the person's
 * name, reach the clipboard, open something or hold the page up does not (QUALITY QS14). Works on text before the terminal
 * reads it, so a sequence that never ends is bounded here. States as in DEC's parser (ECMA-48, vt100.net/emu/dec_ansi_parser).
 * Must not depend on the terminal that draws.
 */

type State = 'ground' | 'escape' | 'csi' | 'string' | 'swallowed'

/** Strings that pass are links, whose addresses browsers bound at 2,083 characters; nothing else may be long. */
const STRING_MOST = 4_096
/** A string that has gone on so long is nothing anybody wrote: the next line shows again. */
const STRING_LOST = 65_536
const SEQUENCE_MOST = 256
/** Report, focus: a program asks the terminal to type something. Mouse and bracketed paste are the person's own acts. */
const MODES_REFUSED = new Set(['1004'])
/** Ask the terminal to answer: identity, parameters, modes, window, status other than the place of the cursor. */
const ASKS = new Set(['c', 'x', 't', 'q', 'u', 'y'])
const MODE_FINALS = new Set(['h', 'l', 'm', 'n', 'q', 'r'])
const WEB_LINK = /^8;([^;]*);(https?:\/\/[^\s\u0000-\u001f]{1,2083})?$/i // eslint-disable-line no-control-regex
// eslint-disable-next-line no-control-regex
const BEGINS = /[\u001b\u0090\u0098\u009b\u009d-\u009f]/g
// eslint-disable-next-line no-control-regex
const STRING_STOPS = /[\u0007\u0018\u001a\u001b\u009c]/g
const PARAMETERS = /[ -?]+/y
const ESC = '\u001b'
const STRINGS: Record<string, 'osc' | 'other'> = { ']': 'osc', P: 'other', X: 'other', '^': 'other', _: 'other' }
const SHORT: Record<string, string> = {
  '\u0090': 'P',
  '\u0098': 'X',
  '\u009b': '[',
  '\u009d': ']',
  '\u009e': '^',
  '\u009f': '_',
}

export type GuardOptions = {
  /** no movement or repetition beyond the screen: a count of 2,147,483,647 would stand still for minutes */
  most: () => number
  /** whether the program may learn where the cursor is: it is typed into the shell */
  tellsCursor: () => boolean
}

export class Guard {
  private state: State = 'ground'
  private collected = ''
  private isLink = false
  private swallowed = 0
  private out: string[] = []

  constructor(private readonly options: GuardOptions) {}

  /** What of the text may go to the terminal. Pieces may be cut anywhere. */
  filter(text: string): string {
    this.out = []
    let at = 0
    while (at < text.length) at = this.step(text, at)
    return this.out.join('')
  }

  private step(text: string, at: number): number {
    if (this.state === 'ground') return this.ground(text, at)
    if (this.state === 'string' || this.state === 'swallowed') return this.string(text, at)
    const sign = text[at] ?? ''
    if (this.state === 'csi' && sign >= ' ' && sign <= '?') return this.parameters(text, at)
    if (sign === ESC) return this.begin(at)
    if (sign === '\u0018' || sign === '\u001a') this.state = 'ground'
    else if (sign < ' ')
      this.out.push(sign) // carried out within a sequence
    else if (this.state === 'escape') this.escape(sign)
    else this.csi(sign)
    return at + 1
  }

  private begin(at: number): number {
    this.state = 'escape'
    this.collected = ''
    return at + 1
  }

  private ground(text: string, at: number): number {
    BEGINS.lastIndex = at
    const found = BEGINS.exec(text)
    if (!found) {
      this.out.push(text.slice(at))
      return text.length
    }
    if (found.index > at) this.out.push(text.slice(at, found.index))
    this.begin(at)
    const short = SHORT[found[0]]
    if (short) this.escape(short)
    return found.index + 1
  }

  private escape(sign: string): void {
    if (sign >= ' ' && sign <= '/' && this.collected.length < 4) {
      this.collected += sign
      return
    }
    if (this.collected === '' && sign === '[') {
      this.state = 'csi'
      return
    }
    const string = this.collected === '' ? STRINGS[sign] : undefined
    if (string) {
      this.state = 'string'
      this.isLink = string === 'osc'
      this.swallowed = 0
      return
    }
    // ESC Z asks who the terminal is.
    if (sign >= '0' && sign <= '~' && sign !== 'Z') this.out.push(ESC + this.collected + sign)
    this.state = 'ground'
  }

  /** Taken in one go: a sequence may be nothing but parameters, for megabytes. */
  private parameters(text: string, at: number): number {
    PARAMETERS.lastIndex = at
    const body = PARAMETERS.exec(text)?.[0] ?? ''
    this.collected += body.slice(0, SEQUENCE_MOST - this.collected.length)
    return at + body.length
  }

  private csi(sign: string): void {
    if (sign >= '@' && sign <= '~') {
      this.state = 'ground'
      if (this.collected.length < SEQUENCE_MOST) this.sequence(this.collected, sign)
    } else {
      this.state = 'ground' // no sign of a sequence
    }
  }

  private sequence(body: string, final: string): void {
    const [, prefix = '', params = '', between = ''] = /^([<-?]*)([0-9:;]*)([ -/]*)$/.exec(body) ?? []
    if (prefix + params + between !== body) return
    if (!between && ASKS.has(final) && !(final === 'u' && !prefix)) return
    if (between.includes('$') && final === 'p') return
    if (final === 'n' && !(body === '6' && this.options.tellsCursor())) return
    if ((final === 'h' || final === 'l') && prefix) {
      const kept = params.split(';').filter((mode) => !MODES_REFUSED.has(mode))
      if (kept.length) this.out.push(`${ESC}[${prefix}${kept.join(';')}${between}${final}`)
      return
    }
    this.out.push(`${ESC}[${prefix}${MODE_FINALS.has(final) ? params : this.bounded(params)}${between}${final}`)
  }

  private bounded(params: string): string {
    const most = this.options.most()
    return params.replace(/\d+/g, (number) => (Number(number) > most ? String(most) : number))
  }

  private string(text: string, at: number): number {
    STRING_STOPS.lastIndex = at
    const found = STRING_STOPS.exec(text)
    const end = found?.index ?? text.length
    const lost = this.lineAfter(text, at, end)
    if (lost !== null) return lost
    const room = STRING_MOST - this.collected.length
    if (this.state === 'string' && this.isLink && end - at <= room) this.collected += text.slice(at, end)
    else if (end > at) this.state = 'swallowed'
    this.swallowed += end - at
    if (!found) return text.length
    const isWhole = found[0] !== '\u0018' && found[0] !== '\u001a'
    if (isWhole && this.state === 'string' && WEB_LINK.test(this.collected))
      this.out.push(`${ESC}]${this.collected}\u0007`)
    if (found[0] === ESC) return this.begin(end) // ST, or another sequence
    this.state = 'ground'
    return end + 1
  }

  /** Where showing begins again when a string has gone on for too long; null while it has not. */
  private lineAfter(text: string, at: number, end: number): number | null {
    if (this.swallowed + (end - at) < STRING_LOST) return null
    const from = Math.max(at, at + STRING_LOST - this.swallowed)
    const line = text.indexOf('\n', from)
    if (line < 0 || line >= end) return null
    this.state = 'ground'
    return line
  }
}
