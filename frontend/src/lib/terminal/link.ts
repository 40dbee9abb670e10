/**
 * One shell over a socket that may break: claims, counts what was shown and typed, and goes on after a cut where it was,
 * so that no byte is lost or doubled. Server: apps/terminals. Must not draw, and must not know what the bytes mean.
 */
import { createStore, type Store } from '@/lib/store'
import { CHANNEL, countFrame, frame, readCount, sizeFrame, type Frame } from './frames'
import { CLOSED, readMessage, TAKEN_OVER, type Attached, type LiveFacts, type SessionEnd } from './messages'
import { Outgoing } from './outgoing'

/** `away`: the shell lives on, the connection does not · `failed`: it will not come back by itself */
export type Phase = 'connecting' | 'open' | 'away' | 'taken_over' | 'ended' | 'failed'
export type LinkState = {
  phase: Phase
  /** milliseconds there and back, as last measured */
  latency: number | null
  /** when the connection broke, in milliseconds */
  awaySince: number | null
  /** how long it was away the last time, in milliseconds */
  wasAway: number | null
  /** output the portal no longer had when it came back */
  missed: number
  facts: LiveFacts | null
  /** by how many milliseconds the portal's clock is ahead of the browser's */
  ahead: number
  end: SessionEnd | null
  error: unknown
}

export type LinkOptions = {
  url: string
  /** of the answer that opened the session; used once */
  claim: string | null
  newClaim: () => Promise<string>
  /** whether asking for a claim again can help */
  mayRetry: (error: unknown) => boolean
}

/** Where it is shown. */
export type Sink = {
  size: () => { cols: number; rows: number }
  /** `done` when the bytes are on the screen; `again`: what was shown elsewhere before, drawn anew */
  take: (bytes: Uint8Array, done: () => void, again: boolean) => void
}

const ACK_BYTES = 65_536
const ACK_WITHIN = 100
const PING_EVERY = 10_000
/** No sign for so long after a ping: the connection is dead although nobody closed it. */
const SILENT_AFTER = 5_000
const FIRST_RETRY = 250
const LONGEST_RETRY = 5_000
const CLAIMS_REFUSED = 3
/** What comes so soon after an attachment to a running shell is its past. */
const PAST_WITHIN = 1_500

const START: LinkState = {
  phase: 'connecting',
  latency: null,
  awaySince: null,
  wasAway: null,
  missed: 0,
  facts: null,
  ahead: 0,
  end: null,
  error: null,
}

export class TerminalLink {
  readonly state: Store<LinkState> = createStore(START)
  private socket: WebSocket | null = null
  private claim: string | null
  private sink: Sink | null = null
  private readonly outgoing = new Outgoing()
  /** output bytes handed on, null before the first attachment; of these on the screen; of these told to the portal */
  private received: number | null = null
  private taken = 0
  private told = 0
  private attached = false
  private pastUntil = 0
  private retry = FIRST_RETRY
  private refusedClaims = 0
  private pings = 0
  private pingAt = 0
  private stopped = true
  private timers: Partial<Record<'retry' | 'ack' | 'ping' | 'silent', ReturnType<typeof setTimeout>>> = {}

  constructor(private readonly options: LinkOptions) {
    this.claim = options.claim
  }

  start(sink: Sink): void {
    this.sink = sink
    this.stopped = false
    window.addEventListener('online', this.found)
    window.addEventListener('offline', this.lost)
    // A turn later: a start that is taken back at once (StrictMode) uses no claim.
    this.later('retry', 0, () => void this.connect())
  }

  stop(): void {
    this.stopped = true
    window.removeEventListener('online', this.found)
    window.removeEventListener('offline', this.lost)
    this.letGo()
  }

  /** False: refused, because the shell cannot hear it now or too much waits already. */
  send(data: string | Uint8Array): boolean {
    if (!this.attached || this.state.get().phase !== 'open') return false
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
    if (!this.outgoing.add(bytes)) return false
    this.pastUntil = 0
    this.push()
    return true
  }

  resize(cols: number, rows: number): void {
    if (this.attached) this.write(sizeFrame(cols, rows))
  }

  /** After `taken_over` or `failed`: the person wants it here. */
  readonly reconnectNow = (): void => {
    if (this.stopped || this.state.get().phase === 'ended') return
    this.letGo()
    this.retry = FIRST_RETRY
    this.away()
    void this.connect()
  }

  private set(part: Partial<LinkState>): void {
    this.state.set({ ...this.state.get(), ...part })
  }

  private later(name: keyof TerminalLink['timers'], after: number, run: () => void): void {
    clearTimeout(this.timers[name])
    this.timers[name] = setTimeout(run, after)
  }

  private write(bytes: Frame | string): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(bytes)
  }

  private push(): void {
    for (const piece of this.outgoing.next()) this.write(frame(CHANNEL.input, piece))
  }

  private async connect(): Promise<void> {
    let claim = this.claim
    this.claim = null
    try {
      claim ??= await this.options.newClaim()
    } catch (error) {
      if (this.stopped) return
      if (this.options.mayRetry(error)) this.comeBack()
      else this.set({ phase: 'failed', error })
      return
    }
    if (this.stopped || this.socket) return
    const socket = new WebSocket(this.options.url)
    socket.binaryType = 'arraybuffer'
    this.socket = socket
    const isOurs = () => this.socket === socket
    socket.onopen = () => {
      const { cols, rows } = this.sink?.size() ?? { cols: 80, rows: 24 }
      if (isOurs()) socket.send(JSON.stringify({ type: 'claim', claim, from: this.received, cols, rows }))
    }
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (isOurs()) this.take(event.data)
    }
    socket.onclose = (event) => {
      if (isOurs()) this.closed(event.code, event.reason)
    }
  }

  private take(data: string | ArrayBuffer): void {
    this.heard()
    if (typeof data === 'string') return this.read(data)
    const bytes = new Uint8Array(data)
    const channel = bytes[0]
    if (channel === CHANNEL.accepted) {
      const count = readCount(bytes)
      if (count !== null) this.outgoing.settle(count)
      this.push()
    } else if (channel === CHANNEL.output || channel === CHANNEL.errors) {
      this.show(bytes.subarray(1))
    }
  }

  private show(bytes: Uint8Array): void {
    if (!this.attached || !bytes.length) return
    this.received = (this.received ?? 0) + bytes.length
    const done = () => {
      this.taken += bytes.length
      this.acknowledge()
    }
    this.sink?.take(bytes, done, Date.now() < this.pastUntil)
  }

  private acknowledge(): void {
    if (this.taken - this.told >= ACK_BYTES) this.tell()
    else if (!this.timers.ack)
      this.timers.ack = setTimeout(() => {
        this.timers.ack = undefined
        this.tell()
      }, ACK_WITHIN)
  }

  private tell(): void {
    if (!this.attached || this.taken <= this.told) return
    this.told = this.taken
    this.write(countFrame(CHANNEL.taken, this.taken))
  }

  private read(text: string): void {
    const message = readMessage(text)
    if (message?.type === 'attached') this.attach(message)
    else if (message?.type === 'state') this.note(message)
    else if (message?.type === 'warning') this.note({ ends_at: message.ends_at })
    else if (message?.type === 'pong' && message.n === this.pings) this.set({ latency: Date.now() - this.pingAt })
    else if (message?.type === 'end') {
      this.set({ phase: 'ended', end: message })
      this.letGo()
    }
  }

  private note(part: Partial<LiveFacts>): void {
    const { facts } = this.state.get()
    if (facts) this.set({ facts: { ...facts, ...part } })
  }

  private attach({ from, input, state }: Attached): void {
    const first = this.received === null
    // What the portal no longer has cannot be shown; it is said instead.
    const missed = first ? 0 : Math.max(0, from - (this.received ?? 0))
    // What was received is on its way to the screen and does not come again: the portal counts it as taken.
    this.received = Math.max(this.received ?? from, from)
    this.taken = first ? from : this.taken + missed
    this.told = Math.max(this.told, from)
    this.pastUntil = first && (from > 0 || input > 0) ? Date.now() + PAST_WITHIN : 0
    this.attached = true
    this.retry = FIRST_RETRY
    this.refusedClaims = 0
    this.outgoing.rewind(input)
    const { awaySince, missed: before } = this.state.get()
    this.set({
      phase: 'open',
      facts: state,
      ahead: (Date.parse(state.now) || Date.now()) - Date.now(),
      awaySince: null,
      wasAway: awaySince === null ? null : Date.now() - awaySince,
      missed: before + missed,
      error: null,
    })
    this.push()
    this.ping()
  }

  private ping(): void {
    this.pings += 1
    this.pingAt = Date.now()
    this.write(JSON.stringify({ type: 'ping', n: this.pings }))
    this.later('silent', SILENT_AFTER, this.reconnectNow)
    this.later('ping', PING_EVERY, () => this.ping())
  }

  /** Anything heard shows that the connection lives. */
  private heard(): void {
    clearTimeout(this.timers.silent)
  }

  private closed(code: number, reason: string): void {
    this.letGo()
    if (this.stopped) return
    if (code === CLOSED.elsewhere && reason === TAKEN_OVER) return this.set({ phase: 'taken_over' })
    if (code === CLOSED.claim) this.refusedClaims += 1
    const isOver = code === CLOSED.misunderstood || code === CLOSED.origin || code === CLOSED.ended
    if (isOver || this.refusedClaims >= CLAIMS_REFUSED) return this.set({ phase: 'failed', error: { code, reason } })
    this.comeBack()
  }

  /** The browser says that there is no network: what looks open is dead. */
  private readonly lost = (): void => {
    const { phase } = this.state.get()
    if (phase !== 'open' && phase !== 'connecting') return
    this.letGo()
    this.comeBack()
  }

  private readonly found = (): void => {
    const { phase } = this.state.get()
    if (!this.socket && (phase === 'away' || phase === 'connecting')) this.reconnectNow()
  }

  private away(): void {
    const { phase, awaySince } = this.state.get()
    if (phase !== 'connecting') this.set({ phase: 'away', latency: null, awaySince: awaySince ?? Date.now() })
  }

  private comeBack(): void {
    this.away()
    this.later('retry', this.retry * (0.8 + Math.random() * 0.4), () => void this.connect())
    this.retry = Math.min(this.retry * 2, LONGEST_RETRY)
  }

  private letGo(): void {
    for (const timer of Object.values(this.timers)) clearTimeout(timer)
    this.timers = {}
    this.attached = false
    const { socket } = this
    this.socket = null
    if (!socket) return
    socket.onmessage = null
    socket.onclose = null
    // Closing one that is still connecting makes the browser complain.
    if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close()
    else socket.close()
  }
}
