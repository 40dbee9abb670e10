/** Plays a recording in time: play, pause, speed, seek, skipping where nothing happens. Must not draw; it says what to draw. */
import { createStore, type Store } from '@/lib/store'
import type { Cast } from './cast'

export const SPEEDS = [1, 2, 4, 8] as const
export const IDLE = 2
const TICK = 100

export type Playing = { at: number; playing: boolean; speed: number; skipsIdle: boolean; duration: number }
export type Screen = {
  reset: (cols: number, rows: number) => void
  resize: (cols: number, rows: number) => void
  write: (text: string) => void
}

export class Player {
  readonly state: Store<Playing>
  private next = 0
  private timer: ReturnType<typeof setInterval> | undefined
  private last = 0

  constructor(
    private readonly cast: Cast,
    private readonly screen: Screen,
  ) {
    this.state = createStore<Playing>({ at: 0, playing: false, speed: 1, skipsIdle: true, duration: cast.duration })
  }

  /** More of the recording was read. */
  grow(): void {
    this.set({ duration: this.cast.duration })
  }

  play(): void {
    const { at, duration } = this.state.get()
    if (at >= duration) this.seek(0)
    this.set({ playing: true })
    this.last = Date.now()
    clearInterval(this.timer)
    this.timer = setInterval(() => this.tick(), TICK)
  }

  pause(): void {
    clearInterval(this.timer)
    this.set({ playing: false })
  }

  stop(): void {
    clearInterval(this.timer)
  }

  setSpeed(speed: number): void {
    this.set({ speed })
  }

  setSkipsIdle(skipsIdle: boolean): void {
    this.set({ skipsIdle })
  }

  /** Show the moment: forward by what lies between, back by everything from the beginning. */
  seek(to: number): void {
    const at = Math.min(Math.max(0, to), this.cast.duration)
    if (at < this.state.get().at || this.next === 0) {
      const { cols, rows } = this.cast.sizeAt(0)
      this.screen.reset(cols, rows)
      this.next = 0
    }
    this.showUntil(at)
  }

  private set(part: Partial<Playing>): void {
    this.state.set({ ...this.state.get(), ...part })
  }

  private showUntil(at: number): void {
    const end = this.cast.indexAfter(at)
    let size = this.cast.sizeAt(this.cast.outputs[this.next]?.t ?? at)
    let text = ''
    for (; this.next < end; this.next += 1) {
      const output = this.cast.outputs[this.next]
      if (!output) break
      const now = this.cast.sizeAt(output.t)
      if (now !== size) {
        this.screen.write(text)
        this.screen.resize(now.cols, now.rows)
        text = ''
        size = now
      }
      text += output.data
    }
    if (text) this.screen.write(text)
    this.set({ at })
  }

  private tick(): void {
    const now = Date.now()
    const { at, speed, skipsIdle, duration } = this.state.get()
    let to = at + ((now - this.last) / 1000) * speed
    this.last = now
    const coming = this.cast.outputs[this.next]?.t ?? duration
    if (skipsIdle && coming - at > IDLE && to < coming) to = Math.max(to, coming - IDLE / 4)
    this.showUntil(Math.min(to, duration))
    if (to >= duration) this.pause()
  }
}
