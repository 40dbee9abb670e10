/** Size of the type and reading aloud, as this person keeps them in this browser. */
import { useState } from 'react'
import { keepTerminalPreferences, terminalPreferences, type TerminalPreferences } from '@/lib/terminal/preferences'

export type Look = TerminalPreferences & { change: (part: Partial<TerminalPreferences>) => void }

export function useLook(userId: number): Look {
  const [look, setLook] = useState(() => terminalPreferences(userId))
  return {
    ...look,
    change: (part) => {
      const next = { ...look, ...part }
      setLook(next)
      keepTerminalPreferences(userId, next)
    },
  }
}
