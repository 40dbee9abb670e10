import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Cast } from './cast'
import { Player } from './player'

const LINES = [
  '{"version":2,"width":80,"height":24,"timestamp":1}',
  '[0.5,"o","$ "]',
  '[1.0,"o","ec"]',
  '[1.2,"o","ho \\u001b[31m中\\u001b[0m文\\r\\n"]',
  '[1.5,"h","1 abc"]',
  '[30.0,"r","132x43"]',
  '[30.5,"o","done 中文\\r\\n"]',
  '[31.0,"h","2 def"]',
]
const BYTES = new TextEncoder().encode(LINES.join('\n') + '\n')
const whole = () => {
  const cast = new Cast()
  cast.add(BYTES)
  return cast
}

describe('a recording', () => {
  it('is the same however its bytes are cut', () => {
    const { outputs, sizes, duration } = whole()
    for (let cut = 1; cut < BYTES.length; cut += 1) {
      const cast = new Cast()
      cast.add(BYTES.slice(0, cut))
      cast.add(BYTES.slice(cut))
      expect({ outputs: cast.outputs, sizes: cast.sizes, duration: cast.duration, unread: cast.unread }).toEqual({
        outputs,
        sizes,
        duration,
        unread: 0,
      })
    }
    expect(outputs.map((output) => output.t)).toEqual([0.5, 1, 1.2, 30.5])
    expect([sizes.at(-1), duration]).toEqual([{ t: 30, cols: 132, rows: 43 }, 31])
  })

  it('finds a text across pieces and colours, with the second at which it began', () => {
    expect(
      whole()
        .find('ECHO 中文')
        .map((hit) => hit.t),
    ).toEqual([1])
    expect(
      whole()
        .find('中文')
        .map((hit) => hit.t),
    ).toEqual([1.2, 30.5])
    expect(whole().find('')).toEqual([])
  })

  it('counts what it cannot read, and shows nothing of it', () => {
    const cast = new Cast()
    cast.add(new TextEncoder().encode('not json\n["x","o",1]\n[1,"o","a"]\n'))
    expect([cast.unread, cast.outputs]).toEqual([2, [{ t: 1, data: 'a' }]])
  })
})

describe('playing it', () => {
  let drawn: string[]
  const screen = {
    reset: (cols: number, rows: number) => drawn.push(`reset ${cols}x${rows}`),
    resize: (cols: number, rows: number) => drawn.push(`resize ${cols}x${rows}`),
    write: (text: string) => drawn.push(text),
  }
  let player: Player
  beforeEach(() => {
    vi.useFakeTimers()
    drawn = []
    player = new Player(whole(), screen)
  })
  afterEach(() => {
    player.stop()
    vi.useRealTimers()
  })

  it('shows a moment, forward by what lies between, back from the beginning', () => {
    player.seek(1)
    player.seek(31)
    expect(drawn).toEqual(['reset 80x24', '$ ec', 'ho \u001b[31m中\u001b[0m文\r\n', 'resize 132x43', 'done 中文\r\n'])
    drawn = []
    player.seek(0.7)
    expect(drawn).toEqual(['reset 80x24', '$ '])
  })

  it('skips where nothing happens for more than two seconds, and stops at the end', () => {
    player.seek(0)
    player.play()
    vi.advanceTimersByTime(4_000)
    expect(drawn.join('')).toContain('done')
    expect(player.state.get()).toMatchObject({ at: 31, playing: false })
  })

  it('waits as long as it was, when it shall not skip', () => {
    player.setSkipsIdle(false)
    player.seek(0)
    player.play()
    vi.advanceTimersByTime(20_000)
    expect(drawn.join('')).not.toContain('done')
    player.setSpeed(8)
    vi.advanceTimersByTime(2_000)
    expect(drawn.join('')).toContain('done')
  })
})
