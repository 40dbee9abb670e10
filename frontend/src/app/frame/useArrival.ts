/** Arriving at a page: it starts at its top and its heading has the focus (UI.md §7). Going back keeps the place. */
import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'

const SCROLLERS = ['main', 'page']

/** The heading, unless the page has put the person into one of its fields; a page still loading takes it itself. */
function focusHeading(): void {
  const main = document.getElementById('main')
  const active = document.activeElement
  if (!main || document.querySelector('dialog[open]')) return
  if (active instanceof HTMLElement && main.contains(active) && active.matches('input, textarea, select')) return
  const heading = document.querySelector('h1') // a page may have put it into the top bar
  heading?.focus({ preventScroll: true })
  if (!heading || document.activeElement !== heading) main.focus({ preventScroll: true })
}

export function useArrival(): void {
  const router = useRouter()
  useEffect(() => {
    let goesBack = false
    const stopHistory = router.history.subscribe(({ action }) => {
      goesBack = action.type !== 'PUSH' && action.type !== 'REPLACE'
    })
    const stopRendered = router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
      if (!fromLocation || !pathChanged) return
      if (!goesBack) for (const id of SCROLLERS) document.getElementById(id)?.scrollTo(0, 0)
      focusHeading()
    })
    return () => {
      stopHistory()
      stopRendered()
    }
  }, [router])
}
