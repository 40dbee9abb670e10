/** Reads a recording piece by piece; while the session lives it goes on asking for what is new. */
import { useEffect, useState } from 'react'
import { Cast } from '@/lib/terminal/cast'
import { getRecording } from '@/lib/api/terminals'
import { asApiError, type ApiError } from '@/lib/api/errors'

/** Beyond this it is not held in a browser: the rest is on the server only. */
const MOST = 64 * 1024 * 1024
const LIVE_EVERY = 1_000
const AFTER_ERROR = 3_000

export type Recording = {
  cast: Cast
  /** outputs there are; moves on with each piece */
  count: number
  read: number
  size: number
  complete: boolean
  /** read as far as it goes for now */
  caughtUp: boolean
  cutOff: boolean
  error: ApiError | null
}

export function useRecording(id: number, isLive: boolean): Recording {
  const [cast] = useState(() => new Cast())
  const [state, setState] = useState({
    count: 0,
    read: 0,
    size: 0,
    complete: false,
    caughtUp: false,
    cutOff: false,
    error: null as ApiError | null,
  })
  useEffect(() => {
    const stop = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let after = 0
    const next = (wait: number) => {
      if (!stop.signal.aborted) timer = setTimeout(() => void read(), wait)
    }
    async function read(): Promise<void> {
      try {
        const { bytes, size, complete } = await getRecording(id, after, stop.signal)
        if (stop.signal.aborted) return
        after += bytes.length
        cast.add(bytes)
        const caughtUp = bytes.length === 0 || after >= size
        const cutOff = after >= MOST
        setState({ count: cast.outputs.length, read: after, size, complete, caughtUp, cutOff, error: null })
        if (cutOff || (caughtUp && (complete || !isLive))) return
        next(caughtUp ? LIVE_EVERY : 0)
      } catch (error) {
        if (stop.signal.aborted) return
        const problem = asApiError(error)
        setState((old) => ({ ...old, error: problem }))
        if (problem.isNetwork || problem.status >= 500) next(AFTER_ERROR)
      }
    }
    // From the beginning: a second mount reads into the same, so nothing is read twice.
    after = readSoFar.get(cast) ?? 0
    void read()
    return () => {
      readSoFar.set(cast, after)
      stop.abort()
      clearTimeout(timer)
    }
  }, [cast, id, isLive])
  return { cast, ...state }
}

const readSoFar = new WeakMap<Cast, number>()
