import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HintSocket, liveMode } from './socket'

/** The server's end: what the browser opened, and what to say to it. */
class FakeWebSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static opened: FakeWebSocket[] = []
  readyState = FakeWebSocket.CONNECTING
  closedWhile: number | null = null
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  constructor(readonly url: string) {
    FakeWebSocket.opened.push(this)
  }
  close() {
    this.closedWhile = this.readyState
    this.readyState = 3
  }
  accept() {
    this.readyState = FakeWebSocket.OPEN
    this.onopen?.()
  }
  say(message: unknown) {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) })
  }
  drop(code = 1006) {
    this.readyState = 3
    this.onclose?.({ code })
  }
}

const onHint = vi.fn()
const onGap = vi.fn()
let socket: HintSocket
const last = () => {
  const found = FakeWebSocket.opened.at(-1)
  if (!found) throw new Error('nothing was opened')
  return found
}
const start = () => {
  socket.start()
  vi.advanceTimersByTime(0)
  last().accept()
}
const LONG = 30_000

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeWebSocket)
  FakeWebSocket.opened = []
  onHint.mockClear()
  onGap.mockClear()
  socket = new HintSocket(onHint, onGap, 'ws://portal/ws/hints')
})
afterEach(() => {
  socket.stop()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('the socket of hints', () => {
  it('claims live updates only once the server says they come', () => {
    start()
    expect(liveMode.get()).toBe('poll')
    last().say({ type: 'mode', mode: 'live' })
    expect(liveMode.get()).toBe('live')
    expect(onGap).not.toHaveBeenCalled()
  })

  it('passes hints on and survives what it cannot read', () => {
    start()
    last().say('not json')
    last().say({ type: 'hint', what: 'ticket', id: 7, project: 1 })
    expect(onHint).toHaveBeenCalledExactlyOnceWith({ type: 'hint', what: 'ticket', id: 7, project: 1 })
  })

  it('asks for everything again when the server found its hints back', () => {
    start()
    last().say({ type: 'mode', mode: 'live' })
    last().say({ type: 'mode', mode: 'poll' })
    expect(liveMode.get()).toBe('poll')
    last().say({ type: 'mode', mode: 'live' })
    expect(onGap).toHaveBeenCalledOnce()
  })

  it('comes back after a break, slower each time, and then asks for everything again', () => {
    start()
    last().say({ type: 'mode', mode: 'live' })
    last().drop()
    expect(liveMode.get()).toBe('poll')
    vi.advanceTimersByTime(1_500)
    expect(FakeWebSocket.opened).toHaveLength(2)
    last().drop()
    vi.advanceTimersByTime(1_500)
    expect(FakeWebSocket.opened).toHaveLength(2)
    vi.advanceTimersByTime(1_500)
    expect(FakeWebSocket.opened).toHaveLength(3)
    last().accept()
    last().say({ type: 'mode', mode: 'live' })
    expect(onGap).toHaveBeenCalledOnce()
  })

  it('does not trust a socket that looks open when the network comes back', () => {
    start()
    last().say({ type: 'mode', mode: 'live' })
    window.dispatchEvent(new Event('offline'))
    expect(liveMode.get()).toBe('poll')
    window.dispatchEvent(new Event('online'))
    expect(FakeWebSocket.opened).toHaveLength(2)
    expect(FakeWebSocket.opened[0]?.closedWhile).toBe(FakeWebSocket.OPEN)
  })

  it('opens nothing when it is stopped at once, as in a double mount', () => {
    socket.start()
    socket.stop()
    vi.advanceTimersByTime(LONG)
    expect(FakeWebSocket.opened).toHaveLength(0)
  })

  it('closes a socket that still connects only once it is open, and never comes back', () => {
    socket.start()
    vi.advanceTimersByTime(0)
    const connecting = last()
    socket.stop()
    expect(connecting.closedWhile).toBeNull()
    connecting.accept()
    expect(connecting.closedWhile).toBe(FakeWebSocket.OPEN)
    connecting.drop()
    vi.advanceTimersByTime(LONG)
    expect(FakeWebSocket.opened).toHaveLength(1)
    expect(liveMode.get()).toBe('off')
  })
})
