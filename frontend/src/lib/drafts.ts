/** What a person has typed and not sent, kept in this browser for seven days, per person and form. Never secrets. */
import { useCallback, useEffect, useRef, useState } from 'react'

const KEEP = 7 * 86_400_000
const PREFIX = 'opsportal.draft.'

type Kept<T> = { at: number; value: T }

function read<T>(key: string): T | null {
  try {
    const text = localStorage.getItem(key)
    if (!text) return null
    const kept = JSON.parse(text) as Kept<T>
    if (Date.now() - kept.at < KEEP) return kept.value
    localStorage.removeItem(key)
  } catch (error) {
    console.debug('a draft could not be read', error)
  }
  return null
}

function write<T>(key: string, value: T | null): void {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify({ at: Date.now(), value } satisfies Kept<T>))
  } catch (error) {
    console.debug('a draft could not be kept', error)
  }
}

/**
 * A form's value that survives reload, a lost session and a closed tab.
 * `restored` says that what is shown comes from an earlier visit; `clear` forgets it (after sending), `discard` begins
 * anew with `initial`.
 */
export function useDraft<T>(userId: number, form: string, initial: T) {
  const key = `${PREFIX}${userId}.${form}`
  const [kept] = useState(() => read<T>(key))
  const [value, setValue] = useState<T>(kept ?? initial)
  const [restored, setRestored] = useState(kept !== null)
  const touched = useRef(false)
  const latest = useRef(value)
  useEffect(() => {
    latest.current = value
    if (!touched.current) return undefined
    // what was cleared meanwhile, because it was sent, is not written once more
    const timer = setTimeout(() => touched.current && write(key, value), 250)
    return () => clearTimeout(timer)
  }, [key, value])
  useEffect(() => {
    // the last quarter of a second before a reload or another page counts, too
    const keep = () => touched.current && write(key, latest.current)
    window.addEventListener('pagehide', keep)
    return () => {
      window.removeEventListener('pagehide', keep)
      keep()
    }
  }, [key])
  const change = useCallback((next: T | ((old: T) => T)) => {
    touched.current = true
    setValue(next)
  }, [])
  const clear = useCallback(() => {
    touched.current = false
    write(key, null)
  }, [key])
  const discard = () => {
    clear()
    setValue(initial)
    setRestored(false)
  }
  return { value, change, clear, discard, restored }
}
