/** One connection test of a row: what has been heard so far. Leaving the page stops listening; the portal ends the test. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { asApiError, type ApiError } from '@/lib/api/errors'
import { runCheck, type Check, type CheckEnd } from './runCheck'

export type CheckRun = { checks: Check[]; end: CheckEnd | null; error: ApiError | null; running: boolean }

const BEGUN: CheckRun = { checks: [], end: null, error: null, running: true }

export function useCheck(url: string, noun: string) {
  const client = useQueryClient()
  const [run, setRun] = useState<CheckRun | null>(null)
  const listening = useRef<AbortController | null>(null)
  useEffect(() => () => listening.current?.abort(), [])
  const start = async () => {
    listening.current?.abort()
    const mine = new AbortController()
    listening.current = mine
    setRun(BEGUN)
    const more = (change: (old: CheckRun) => CheckRun) => {
      if (!mine.signal.aborted) setRun((old) => change(old ?? BEGUN))
    }
    try {
      const end = await runCheck(
        url,
        (check) => more((old) => ({ ...old, checks: [...old.checks, check] })),
        mine.signal,
      )
      more((old) => ({ ...old, end, running: false }))
      await Promise.all([noun, 'first-hour'].map((key) => client.invalidateQueries({ queryKey: [key] })))
    } catch (error) {
      more((old) => ({ ...old, error: asApiError(error), running: false }))
    }
  }
  return { run, start: () => void start() }
}
