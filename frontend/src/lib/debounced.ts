/** Values that follow others after a pause: for questions asked, and addresses written, while somebody types. */
import { useEffect, useEffectEvent, useState } from 'react'

export function useDebounced<T>(value: T, pause = 300): T {
  const [late, setLate] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), pause)
    return () => clearTimeout(timer)
  }, [value, pause])
  return late
}

const asTyped = (text: string) => text

/**
 * A text that is shown at once and handed on when typing pauses. When its owner changes it otherwise (Back, "Clear"),
 * the text follows; never does it fall back to what was handed on a moment ago. `clean` must be a constant function.
 */
export function useTyped(
  value: string,
  hand: (text: string) => void,
  clean: (text: string) => string = asTyped,
  pause = 300,
) {
  const [typed, setTyped] = useState(value)
  const [seen, setSeen] = useState(value)
  const [handed, setHanded] = useState(value)
  if (seen !== value) {
    setSeen(value)
    if (handed !== value) {
      setHanded(value)
      setTyped(value)
    }
  }
  const tell = useEffectEvent(hand)
  useEffect(() => {
    const wanted = clean(typed)
    if (wanted === value) return undefined
    const timer = setTimeout(() => {
      setHanded(wanted)
      tell(wanted)
    }, pause)
    return () => clearTimeout(timer)
  }, [typed, value, clean, pause])
  return [typed, setTyped] as const
}
