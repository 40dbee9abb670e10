/**
 * A recording as it is read: lines of asciicast v2 (docs.asciinema.org/manual/asciicast/v2), which come piece by piece while
 * a session lives. Keeps times and text; knows nothing of screens. A line that cannot be read is counted, never shown.
 */

export type Output = { t: number; data: string }
export type Size = { t: number; cols: number; rows: number }
export type Hit = { t: number; excerpt: string }
export type Seen = { t: number; weight: number }

const EXCERPT = 32
const MOST_HITS = 500
/** What is no text when somebody searches. */
const NOT_TEXT =
  // eslint-disable-next-line no-control-regex
  /\u001b(?:\[[ -?]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])|[\u0000-\u0009\u000b-\u001f]/g

export class Cast {
  cols = 80
  rows = 24
  readonly outputs: Output[] = []
  readonly sizes: Size[] = []
  duration = 0
  unread = 0
  private rest = ''
  private readonly decoder = new TextDecoder()

  /** The next bytes of the recording; gives the index of the first output that is new. */
  add(bytes: Uint8Array): number {
    const first = this.outputs.length
    const lines = (this.rest + this.decoder.decode(bytes, { stream: true })).split('\n')
    this.rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim()) this.line(line)
    return first
  }

  private line(line: string): void {
    try {
      const read: unknown = JSON.parse(line)
      if (Array.isArray(read)) this.event(read)
      else this.head(read as { width?: number; height?: number })
    } catch {
      this.unread += 1
    }
  }

  private head({ width, height }: { width?: number; height?: number }): void {
    this.cols = width || this.cols
    this.rows = height || this.rows
    this.sizes.push({ t: 0, cols: this.cols, rows: this.rows })
  }

  private event([t, kind, data]: unknown[]): void {
    if (typeof t !== 'number' || typeof data !== 'string') {
      this.unread += 1
      return
    }
    if (kind === 'o') this.outputs.push({ t, data })
    else if (kind === 'r') this.resize(t, data)
    this.duration = Math.max(this.duration, t)
  }

  private resize(t: number, data: string): void {
    const [cols, rows] = data.split('x').map(Number)
    if (cols && rows) this.sizes.push({ t, cols, rows })
  }

  sizeAt(t: number): { cols: number; rows: number } {
    return this.sizes.findLast((size) => size.t <= t) ?? { cols: this.cols, rows: this.rows }
  }

  /** The first output after a moment. */
  indexAfter(t: number): number {
    let low = 0
    let high = this.outputs.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.outputs[middle]?.t ?? 0) <= t) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Where a text was printed, also across the pieces it came in. Colours and movements are not text. */
  find(wanted: string): Hit[] {
    const query = wanted.toLowerCase()
    if (!query) return []
    const starts: number[] = []
    let text = ''
    for (const { data } of this.outputs) {
      starts.push(text.length)
      text += data.replace(NOT_TEXT, '')
    }
    const lower = text.toLowerCase()
    const hits: Hit[] = []
    let piece = 0
    for (
      let at = lower.indexOf(query);
      at >= 0 && hits.length < MOST_HITS;
      at = lower.indexOf(query, at + query.length)
    ) {
      while ((starts[piece + 1] ?? Infinity) <= at) piece += 1
      const excerpt = text
        .slice(Math.max(0, at - EXCERPT), at + query.length + EXCERPT)
        .replaceAll('\n', ' ')
        .trim()
      hits.push({ t: this.outputs[piece]?.t ?? 0, excerpt })
    }
    return hits
  }

  /** How much was printed in each of `parts` equal parts, of the largest 1: what the track draws. */
  activity(parts: number): number[] {
    const seen = new Array<number>(parts).fill(0)
    for (const { t, data } of this.outputs) {
      const part = Math.min(parts - 1, Math.floor((t / (this.duration || 1)) * parts))
      seen[part] = (seen[part] ?? 0) + data.length
    }
    const most = Math.log1p(Math.max(1, ...seen))
    return seen.map((count) => Math.log1p(count) / most)
  }
}
