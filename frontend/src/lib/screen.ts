/** Widths at which the layout changes (UI.md §2.2). */
import { useSyncExternalStore } from 'react'

function media(query: string) {
  return () =>
    useSyncExternalStore(
      (listener) => {
        const list = matchMedia(query)
        list.addEventListener('change', listener)
        return () => list.removeEventListener('change', listener)
      },
      () => matchMedia(query).matches,
    )
}

export const useIsPhone = media('(max-width: 719px)')
export const useIsNarrow = media('(max-width: 1099px)')
