/**
 * xterm as this portal uses it: always dark, guarded against what a shell may print (lib/terminal/guard), its own answers
 * never typed. Shared by a live shell, watching one, and replay. Must not know of sockets or recordings.
 */
import { FitAddon } from '@xterm/addon-fit'
import { SearchAddon, type ISearchOptions } from '@xterm/addon-search'
import { WebglAddon } from '@xterm/addon-webgl'
import { Terminal } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { Guard } from '@/lib/terminal/guard'
import { isAnswer } from '@/lib/terminal/answers'
import { withNonce } from '@/lib/terminal/nonce'
import { mode } from '@/lib/preferences'
import { dark, FONT_MONO, light, terminalColours, terminalMarks } from '@/theme/colours'

export type ScreenOptions = {
  label: string
  /** what one should know while in it: an element's id */
  hintId: string
  fontSize: number
  reader: boolean
  readOnly: boolean
  onType?: (data: string | Uint8Array) => void
  onSize?: (cols: number, rows: number) => void
  onLink: (url: string) => void
  /** true: it was taken, the shell must not hear it */
  onKey?: (event: KeyboardEvent) => boolean
}

const PIECE = 65_536
const FOUND: ISearchOptions = {
  decorations: {
    matchBackground: terminalMarks.match,
    activeMatchBackground: terminalMarks.active,
    matchOverviewRuler: terminalMarks.match,
    activeMatchColorOverviewRuler: terminalMarks.active,
  },
}
/** Second line of defence behind the guard: sequences that answer, copy or rename end here even if one came through. */
const OSC_SWALLOWED = [0, 1, 2, 4, 7, 9, 10, 11, 12, 50, 52, 104, 110, 111, 112, 777, 1337]
const CSI_SWALLOWED = [
  { final: 'c' },
  { prefix: '>', final: 'c' },
  { prefix: '=', final: 'c' },
  { final: 't' },
  { final: 'x' },
  { prefix: '>', final: 'q' },
  { prefix: '?', final: 'n' },
  { intermediates: '$', final: 'p' },
  { prefix: '?', intermediates: '$', final: 'p' },
]

/** Dark in both modes, on the ground that the mode has for terminals. */
const themed = () => ({ ...terminalColours, background: (mode.get() === 'dark' ? dark : light).term })

export class Screen {
  private readonly forget: () => void
  readonly term: Terminal
  private readonly fitter = new FitAddon()
  private readonly searcher = new SearchAddon()
  private readonly guard: Guard
  private readonly decoder = new TextDecoder()
  /** the program may ask where the cursor is; off while its past is drawn once more */
  private answers: boolean
  private isGone = false

  constructor(private readonly options: ScreenOptions) {
    this.answers = !options.readOnly
    this.term = new Terminal({
      allowProposedApi: true, // marks of what was found
      fontFamily: FONT_MONO,
      fontSize: options.fontSize,
      lineHeight: 1.25,
      cursorStyle: 'block',
      cursorBlink: false,
      cursorInactiveStyle: options.readOnly ? 'none' : 'outline',
      minimumContrastRatio: 4.5,
      scrollback: 5000,
      customGlyphs: true,
      disableStdin: options.readOnly,
      screenReaderMode: options.reader,
      macOptionIsMeta: true,
      theme: themed(),
      linkHandler: { activate: (_, url) => options.onLink(url), allowNonHttpProtocols: false },
    })
    this.guard = new Guard({
      most: () => Math.max(this.term.cols, this.term.rows),
      tellsCursor: () => this.answers,
    })
    this.forget = mode.subscribe(() => (this.term.options.theme = themed()))
    this.refuse()
    this.listen()
  }

  private refuse(): void {
    const { parser } = this.term
    for (const code of OSC_SWALLOWED) parser.registerOscHandler(code, () => true)
    for (const id of CSI_SWALLOWED) parser.registerCsiHandler(id, () => true)
    parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => true)
    parser.registerDcsHandler({ intermediates: '+', final: 'q' }, () => true)
  }

  private listen(): void {
    const { term, options } = this
    term.attachCustomKeyEventHandler((event) => event.type !== 'keydown' || !options.onKey?.(event))
    term.onResize(({ cols, rows }) => options.onSize?.(cols, rows))
    if (options.readOnly) return
    term.onData((data) => {
      if (!isAnswer(data)) options.onType?.(data)
    })
    term.onBinary((data) => options.onType?.(Uint8Array.from(data, (sign) => sign.charCodeAt(0))))
  }

  /** The font has to be there first, or cells are measured on another. */
  async open(parent: HTMLElement, fits: boolean): Promise<boolean> {
    await document.fonts?.load(`${this.options.fontSize}px 'JetBrains Mono Variable'`).catch(() => undefined)
    if (this.isGone || !parent.isConnected) return false
    this.term.loadAddon(this.fitter)
    this.term.loadAddon(this.searcher)
    withNonce(() => this.term.open(parent))
    const input = this.term.textarea
    input?.setAttribute('aria-label', this.options.label)
    input?.setAttribute('aria-describedby', this.options.hintId)
    if (this.options.readOnly) input?.setAttribute('readonly', '')
    this.accelerate()
    if (fits) this.fit()
    return true
  }

  /** Drawn by the graphics card where there is one; without, or when it is taken away, by the page. */
  private accelerate(): void {
    try {
      const addon = new WebglAddon()
      addon.onContextLoss(() => withNonce(() => addon.dispose()))
      this.term.loadAddon(addon)
    } catch (error) {
      console.debug('the terminal is drawn without the graphics card', error)
    }
  }

  fit(): void {
    if (this.term.element) this.fitter.fit()
  }

  /** Bytes of the shell; `done` when they are on the screen. */
  take(bytes: Uint8Array, done: () => void, again: boolean): void {
    this.answers = !again && !this.options.readOnly
    this.write(this.decoder.decode(bytes, { stream: true }), done)
  }

  /** Text of a recording, or of the shell. */
  write(text: string, done?: () => void): void {
    const safe = this.guard.filter(text)
    let at = 0
    for (; at + PIECE < safe.length; at += PIECE) this.term.write(safe.slice(at, at + PIECE))
    this.term.write(safe.slice(at), done)
  }

  /** Anew and empty; what is still on its way is drawn before. */
  reset(cols: number, rows: number): void {
    // After what is still on its way, in the order it was said: RIS, as a shell would say it.
    this.term.write('\u001bc')
    this.term.write('', () => this.resize(cols, rows))
  }

  resize(cols: number, rows: number): void {
    const bounded = (n: number) => Math.min(1000, Math.max(1, Math.round(n)))
    this.term.resize(bounded(cols), bounded(rows))
  }

  setFont(size: number, fits: boolean): void {
    this.term.options.fontSize = size
    if (fits) this.fit()
  }

  setReader(reader: boolean): void {
    this.term.options.screenReaderMode = reader
  }

  get isBracketed(): boolean {
    return this.term.modes.bracketedPasteMode
  }

  find(text: string, back = false): boolean {
    return back ? this.searcher.findPrevious(text, FOUND) : this.searcher.findNext(text, FOUND)
  }

  endFind(): void {
    this.searcher.clearDecorations()
    this.term.clearSelection()
  }

  get selection(): string {
    return this.term.getSelection()
  }

  dispose(): void {
    this.isGone = true
    this.forget()
    this.term.dispose()
  }
}
