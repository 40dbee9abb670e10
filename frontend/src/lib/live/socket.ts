/**
 * The one WebSocket of hints (`/ws/hints`): "ticket 7 changed". Content never comes this way; queries fetch it.
 * Server: apps/tickets/consumers.py. Must not throw, and must say honestly whether hints are coming.
 */
import { createStore } from '@/lib/store'

export type Hint = { type: 'hint'; what: string; id: number | string; project: number | null }
/** live: hints come · poll: connected or not, no hints come, so pages ask · off: nobody signed in */
export type LiveMode = 'live' | 'poll' | 'off'

export const liveMode = createStore<LiveMode>('off')

const FIRST_RETRY = 1_000
const LONGEST_RETRY = 20_000
const NOT_SIGNED_IN = 4401

type Message = Hint | { type: 'mode'; mode: 'live' | 'poll' }

function read(text: string): Message | null {
  try {
    return JSON.parse(text) as Message
  } catch (error) {
    console.debug('a hint could not be read', error)
    return null
  }
}

/** Closing a socket that is still connecting makes the browser complain: such a one is closed once it is open. */
function letGo(socket: WebSocket | null): void {
  if (!socket) return
  socket.onmessage = null
  socket.onclose = null
  if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close()
  else socket.close()
}

export class HintSocket {
  private socket: WebSocket | null = null
  private retry = FIRST_RETRY
  private timer: ReturnType<typeof setTimeout> | undefined
  private wasAway = false
  private stopped = true

  constructor(
    private readonly onHint: (hint: Hint) => void,
    /** Hints may have been missed: everything shown has to be asked for again. */
    private readonly onGap: () => void,
    private readonly url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/hints`,
  ) {}

  start(): void {
    this.stopped = false
    liveMode.set('poll')
    window.addEventListener('online', this.reconnectNow)
    window.addEventListener('offline', this.away)
    // A turn later: a start that is taken back at once (StrictMode, a redirect) opens nothing.
    this.timer = setTimeout(() => this.open())
  }

  stop(): void {
    this.stopped = true
    window.removeEventListener('online', this.reconnectNow)
    window.removeEventListener('offline', this.away)
    clearTimeout(this.timer)
    letGo(this.socket)
    this.socket = null
    liveMode.set('off')
  }

  /** The network came back: what looks open may be dead, so it is not trusted. */
  private readonly reconnectNow = () => {
    if (this.stopped) return
    clearTimeout(this.timer)
    letGo(this.socket)
    this.retry = FIRST_RETRY
    this.open()
  }

  private readonly away = () => {
    this.wasAway = true
    liveMode.set('poll')
  }

  private open(): void {
    const socket = new WebSocket(this.url)
    this.socket = socket
    socket.onmessage = (event) => this.take(String(event.data))
    socket.onclose = (event) => {
      if (this.socket === socket) this.closed(event.code)
    }
  }

  private take(text: string): void {
    const message = read(text)
    if (message?.type === 'hint') this.onHint(message)
    else if (message?.type === 'mode') this.changeMode(message.mode)
  }

  private changeMode(mode: 'live' | 'poll'): void {
    this.retry = FIRST_RETRY
    if (mode === 'live' && this.wasAway) this.onGap()
    this.wasAway = mode === 'poll'
    liveMode.set(mode)
  }

  private closed(code: number): void {
    this.socket = null
    this.wasAway = true
    if (this.stopped) return
    liveMode.set('poll')
    const wait = code === NOT_SIGNED_IN ? LONGEST_RETRY : this.retry
    this.retry = Math.min(this.retry * 2, LONGEST_RETRY)
    this.timer = setTimeout(() => this.open(), wait * (0.8 + Math.random() * 0.4))
  }
}
