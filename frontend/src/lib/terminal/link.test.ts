/** The link against a server of the same contract, cut at every message: what was shown and typed is exact to the byte. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeSocket, newWorld, world } from './fakeShell'
import { CHANNEL, frame } from './frames'
import { TerminalLink, type LinkOptions } from './link'
import { CLOSED } from './messages'

let link: TerminalLink
let shown: number[]
let claims: number
let past: boolean[]

function make(more: Partial<LinkOptions> = {}) {
  link = new TerminalLink({
    url: 'ws://portal/ws/terminals/7/',
    claim: 'first',
    newClaim: () => Promise.resolve(`again-${(claims += 1)}`),
    mayRetry: () => true,
    ...more,
  })
  link.start({
    size: () => ({ cols: 80, rows: 24 }),
    take: (bytes, done, again) => {
      shown.push(...bytes)
      past.push(again)
      setTimeout(done, 20) // the screen draws a moment later
    },
  })
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const text = (bytes: number[]) => new TextDecoder().decode(Uint8Array.from(bytes))

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  newWorld()
  shown = []
  past = []
  claims = 0
})
afterEach(() => {
  link.stop()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('a link to a shell', () => {
  it('brings its claim in the first message, with its size, and nothing in the address', async () => {
    make()
    await pass(30)
    expect(world.opened[0]?.url).toBe('ws://portal/ws/terminals/7/')
    expect([world.shell.claims, world.shell.froms, world.shell.sizes]).toEqual([['first'], [null], ['80x24']])
    expect(link.state.get()).toMatchObject({ phase: 'open', wasAway: null, missed: 0 })
  })

  it('says what is on the screen within 100 ms, and not before it is there', async () => {
    make()
    await pass(30)
    world.shell.print([...new TextEncoder().encode('hello')])
    await pass(15)
    expect([text(shown), world.shell.taken]).toEqual(['hello', 0])
    await pass(130)
    expect(world.shell.taken).toBe(5)
  })

  it('says so at once after 64 kB', async () => {
    make()
    await pass(30)
    world.shell.print(new Array<number>(70_000).fill(65))
    await pass(32)
    expect(world.shell.taken).toBe(70_000)
  })

  it('tells the shell its new size', async () => {
    make()
    await pass(30)
    link.resize(132, 43)
    await pass(10)
    expect(world.shell.sizes.at(-1)).toBe('{"Width":132,"Height":43}')
  })

  it('measures the way there and back', async () => {
    make()
    await pass(40)
    expect(link.state.get().latency).toBe(10)
  })

  it('types nothing while it is away, and says that it did not', async () => {
    make()
    await pass(30)
    world.opened[0]?.drop(1006)
    await pass(2)
    expect(link.state.get().phase).toBe('away')
    expect(link.send('rm -rf /tmp/x\n')).toBe(false)
    await pass(2_000)
    expect([link.state.get().phase, text(world.shell.heard)]).toEqual(['open', ''])
  })

  it('sends a long paste in pieces, no more than 64 kB ahead of what was accepted', async () => {
    make()
    await pass(30)
    const paste = 'x'.repeat(300_000)
    expect(link.send(paste)).toBe(true)
    expect(link.send('y'.repeat(900_000))).toBe(false)
    await pass(6)
    expect(world.shell.heard.length).toBe(65_536)
    await pass(1_000)
    expect(text(world.shell.heard)).toBe(paste)
  })
})

describe('a network that is cut anywhere', () => {
  const LINES = ['echo 中文\r', 'ls -la\r', '😀 done\r']

  async function scene(cut: number) {
    make()
    await pass(30)
    world.until = cut
    for (const line of LINES) {
      while (!link.send(line)) await pass(50)
      await pass(4)
      world.shell.print([...new TextEncoder().encode(`out of ${line}`)])
    }
    await pass(400)
    world.until = Infinity
    await pass(3_000)
  }

  it.each(Array.from({ length: 18 }, (_, cut) => cut))(
    'after %i more messages: nothing lost, nothing doubled',
    async (cut) => {
      await scene(cut)
      expect(text(world.shell.heard)).toBe(LINES.join(''))
      expect(text(shown)).toBe(text(world.shell.printed))
      expect(link.state.get()).toMatchObject({ phase: 'open', missed: 0 })
      expect(world.shell.taken).toBe(world.shell.printed.length)
    },
  )

  it('goes on from what it received, not from what is drawn, and never takes more than there was', async () => {
    make()
    await pass(30)
    world.shell.print(new Array<number>(1_000).fill(66))
    await pass(7)
    world.opened[0]?.drop(1006)
    await pass(2_000)
    expect([world.shell.froms, shown.length]).toEqual([[null, 1_000], 1_000])
    world.shell.print([67])
    await pass(500)
    expect([shown.length, world.shell.taken]).toEqual([1_001, 1_001])
  })

  it('says how long it was away, and comes back with a new claim', async () => {
    make()
    await pass(30)
    world.opened[0]?.drop(1006)
    await pass(1_000)
    expect(link.state.get().wasAway).toBe(250 + 20)
    expect(world.shell.claims).toEqual(['first', 'again-1'])
  })

  it('says how much the portal no longer had', async () => {
    make()
    await pass(30)
    world.shell.print([65, 66, 67])
    await pass(40)
    world.opened[0]?.drop(1006)
    const attach = world.shell.attach.bind(world.shell)
    world.shell.attach = (socket, said) => attach(socket, said.replace(/"from":3/, '"from":10'))
    await pass(1_000)
    expect(link.state.get().missed).toBe(7)
  })

  it('gives up a connection that looks open and is silent', async () => {
    make()
    await pass(30)
    const first = world.opened[0]
    if (first) first.answers = false
    await pass(15_100)
    expect([first?.readyState, world.opened.length, link.state.get().phase]).toEqual([3, 2, 'open'])
  })

  it('does not trust it when the browser says offline, and is back at once when it is online', async () => {
    make({ newClaim: () => (navigator.onLine ? Promise.resolve('c') : Promise.reject(new Error('no network'))) })
    await pass(30)
    const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    window.dispatchEvent(new Event('offline'))
    expect(link.state.get().phase).toBe('away')
    await pass(20_000)
    expect(world.opened).toHaveLength(1)
    online.mockReturnValue(true)
    window.dispatchEvent(new Event('online'))
    await pass(40)
    expect(link.state.get()).toMatchObject({ phase: 'open', wasAway: 20_020 })
  })
})

describe('the end', () => {
  it('is told in the words of the portal, and nothing comes after it', async () => {
    make()
    await pass(30)
    world.opened[0]?.say({ type: 'end', code: 'terminal.end.time_limit', params: {}, offer: 'extend', exit_code: null })
    await pass(10)
    expect(link.state.get()).toMatchObject({
      phase: 'ended',
      end: { code: 'terminal.end.time_limit', offer: 'extend' },
    })
    world.shell.on?.give(frame(CHANNEL.output, Uint8Array.of(65)))
    await pass(60_000)
    expect([world.opened.length, shown, link.send('x')]).toEqual([1, [], false])
  })

  it('leaves a shell that another tab took, until the person wants it here', async () => {
    make()
    await pass(30)
    world.opened[0]?.drop(CLOSED.elsewhere, 'taken_over')
    await pass(60_000)
    expect([world.opened.length, link.state.get().phase]).toEqual([1, 'taken_over'])
    window.dispatchEvent(new Event('online'))
    await pass(100)
    expect(world.opened).toHaveLength(1)
    link.reconnectNow()
    await pass(100)
    expect(link.state.get().phase).toBe('open')
  })

  it('tries again where another process has it', async () => {
    make()
    await pass(30)
    world.opened[0]?.drop(CLOSED.elsewhere, 'elsewhere')
    await pass(1_000)
    expect([world.opened.length, link.state.get().phase]).toEqual([2, 'open'])
  })

  it('stops asking when no claim is given any more', async () => {
    const gone = new Error('ended')
    make({ newClaim: () => Promise.reject(gone), mayRetry: (error) => error !== gone })
    await pass(30)
    world.opened[0]?.drop(1006)
    await pass(60_000)
    expect(link.state.get()).toMatchObject({ phase: 'failed', error: gone })
    expect(world.opened).toHaveLength(1)
  })

  it('stops when its claim is refused three times', async () => {
    world.shell.attach = (socket) => socket.drop(CLOSED.claim)
    make()
    await pass(60_000)
    expect([world.opened.length, link.state.get().phase]).toEqual([3, 'failed'])
  })

  it('opens nothing and uses no claim when it is stopped at once', async () => {
    make()
    link.stop()
    await pass(10_000)
    expect(world.opened).toHaveLength(0)
  })
})

describe('the past of a shell', () => {
  it('is told apart, so that its questions are not answered once more', async () => {
    world.shell.print([65])
    world.shell.heard.push(1)
    make()
    await pass(40)
    expect(past).toEqual([true])
    link.send('x')
    await pass(40)
    expect(past.at(-1)).toBe(false)
  })
})
