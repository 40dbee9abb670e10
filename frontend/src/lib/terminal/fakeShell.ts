/** The portal's side of a terminal's socket, for tests: one shell that echoes, and a network that can be cut anywhere. */
import { CHANNEL, countFrame, frame, readCount } from './frames'

const FACTS = {
  ends_at: null,
  warn_at: null,
  now: '',
  extended: false,
  watchers: [],
  pod: 'p',
  container: 'app',
  version: 'v',
  shell: '/bin/sh',
}

/** One shell that echoes, as the portal keeps it: what it printed, what it was told, what it heard. */
export class Shell {
  printed: number[] = []
  heard: number[] = []
  taken = 0
  claims: (string | null)[] = []
  froms: (number | null)[] = []
  sizes: string[] = []
  on: FakeSocket | null = null

  attach(socket: FakeSocket, text: string) {
    const { claim, from, cols, rows } = JSON.parse(text) as {
      claim: string
      from: number | null
      cols: number
      rows: number
    }
    this.claims.push(claim)
    this.froms.push(from)
    this.sizes.push(`${cols}x${rows}`)
    this.on = socket
    const start = from ?? 0
    this.taken = Math.max(this.taken, start) // what the browser has, it has taken
    socket.say({ type: 'attached', from: start, input: this.heard.length, window: 524_288, state: FACTS })
    if (start < this.printed.length) socket.give(frame(CHANNEL.output, Uint8Array.from(this.printed.slice(start))))
  }

  print(bytes: number[]) {
    this.printed.push(...bytes)
    this.on?.give(frame(CHANNEL.output, Uint8Array.from(bytes)))
  }

  take(socket: FakeSocket, bytes: Uint8Array) {
    if (bytes[0] === CHANNEL.taken) this.taken = Math.max(this.taken, readCount(bytes) ?? -1)
    if (bytes[0] === CHANNEL.size) this.sizes.push(new TextDecoder().decode(bytes.slice(1)))
    if (bytes[0] !== CHANNEL.input) return
    this.heard.push(...bytes.slice(1))
    socket.give(countFrame(CHANNEL.accepted, this.heard.length))
    this.print([...bytes.slice(1)])
  }
}

/** `until`: messages in either direction before the network breaks; what comes after that is lost on the way. */
export const world = { shell: new Shell(), until: Infinity, opened: [] as FakeSocket[] }

export function newWorld(): void {
  Object.assign(world, { shell: new Shell(), until: Infinity, opened: [] })
}

export class FakeSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  readyState = 0
  binaryType = ''
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  pinged = 0
  answers = true
  constructor(readonly url: string) {
    world.opened.push(this)
    setTimeout(() => {
      this.readyState = 1
      this.onopen?.()
    }, 10)
  }
  private passes(): boolean {
    if (this.readyState !== 1) return false
    world.until -= 1
    if (world.until >= 0) return true
    this.drop(1006)
    setTimeout(() => (world.until = Infinity), 300)
    return false
  }
  send(data: string | Uint8Array) {
    const copy = typeof data === 'string' ? data : Uint8Array.from(data)
    setTimeout(() => {
      if (typeof copy === 'string' && copy.includes('ping')) {
        this.pinged += 1
        if (this.answers) this.say({ type: 'pong', n: (JSON.parse(copy) as { n: number }).n })
      } else if (this.passes()) {
        if (typeof copy === 'string') world.shell.attach(this, copy)
        else world.shell.take(this, copy)
      }
    }, 5)
  }
  say(message: object) {
    setTimeout(() => this.readyState === 1 && this.onmessage?.({ data: JSON.stringify(message) }), 5)
  }
  give(bytes: Uint8Array) {
    const copy = Uint8Array.from(bytes)
    setTimeout(() => this.passes() && this.onmessage?.({ data: copy.buffer }), 5)
  }
  drop(code: number, reason = '') {
    if (this.readyState === 3) return
    this.readyState = 3
    if (world.shell.on === this) world.shell.on = null
    const told = this.onclose
    setTimeout(() => told === this.onclose && told?.({ code, reason }), 1)
  }
  close() {
    this.readyState = 3
    if (world.shell.on === this) world.shell.on = null
  }
}
