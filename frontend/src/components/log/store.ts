/**
 * A log as lines, appended piece by piece; kept as strings in blocks, told to readers at most ten times a second.
 * Takes pieces in order only: one that does not begin where the last one ended changes nothing.
 */
import { plainText } from './ansi'
import { ERROR, PLAIN, severityOf, STAGE, stageOf, WARNING, type Severity } from './severity'

const BLOCK = 4096
const TELL_EVERY = 100
/** Longer lines are folded, and their width is not asked of the page. */
export const FOLD = 4096

export type Piece = { text: string; offset: number; next_offset: number; complete: boolean; size: number }
export type Stage = { name: string; line: number }

export class LogStore {
  private readonly blocks: string[][] = []
  private readonly marks: Uint8Array[] = []
  private open = ''
  private whole = 0
  private readonly listeners = new Set<() => void>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private version = 0
  /** line numbers, rising */
  readonly errors: number[] = []
  readonly stages: Stage[] = []
  warnings = 0
  longest = 0
  nextOffset = 0
  size = 0
  isComplete = false

  /** Lines so far; the one still being written counts as soon as it has a character. */
  get count(): number {
    return this.whole + (this.open === '' ? 0 : 1)
  }

  /** The raw text of a line, numbered from 1. */
  line(number: number): string {
    if (number > this.whole) return number === this.whole + 1 ? this.open : ''
    const index = number - 1
    return this.blocks[Math.floor(index / BLOCK)]?.[index % BLOCK] ?? ''
  }

  severity(number: number): Severity {
    if (number > this.whole) return severityOf(plainText(this.line(number).slice(0, FOLD)))
    const index = number - 1
    return (this.marks[Math.floor(index / BLOCK)]?.[index % BLOCK] ?? PLAIN) as Severity
  }

  append(piece: Piece): boolean {
    if (piece.offset !== this.nextOffset) return false
    const parts = piece.text.split('\n')
    // Only the piece's first part joins what was open: a line of many pieces is joined once per piece.
    parts[0] = this.open + (parts[0] ?? '')
    this.open = parts.pop() ?? ''
    for (const part of parts) this.push(part)
    this.nextOffset = piece.next_offset
    this.size = piece.size
    this.isComplete = piece.complete && piece.next_offset >= piece.size
    this.tell()
    return true
  }

  private push(raw: string): void {
    const at = this.whole % BLOCK
    if (at === 0) {
      this.blocks.push([])
      this.marks.push(new Uint8Array(BLOCK))
    }
    this.blocks.at(-1)?.push(raw)
    this.whole += 1
    const text = plainText(raw.length > FOLD ? raw.slice(0, FOLD) : raw)
    const severity = severityOf(text)
    const marks = this.marks.at(-1)
    if (marks) marks[at] = severity
    if (severity === ERROR) this.errors.push(this.whole)
    if (severity === WARNING) this.warnings += 1
    if (severity === STAGE) this.stages.push({ name: stageOf(text) ?? '', line: this.whole })
    this.longest = Math.max(this.longest, Math.min(raw.length, FOLD))
  }

  /** The whole text again, for the download; in blocks, so that no second copy is made at once. */
  *text(): Generator<string> {
    for (const block of this.blocks) yield `${block.join('\n')}\n`
    if (this.open !== '') yield this.open
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  readonly getVersion = (): number => this.version

  private tell(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      this.version += 1
      for (const listener of [...this.listeners]) listener()
    }, TELL_EVERY)
  }
}

/** The line a failed build is best read from: its first error, sooner one of the stage that broke; else the last line. */
export function firstRealError(store: LogStore): number {
  const broke = store.stages.at(-1)?.line ?? 0
  return store.errors.find((line) => line >= broke) ?? store.errors[0] ?? store.count
}
