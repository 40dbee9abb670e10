/** What can be done on the page that is open: one list for its keys and for the command palette. */
import { useEffect, useRef } from 'react'
import { useKey } from './keys'
import { createStore } from './store'

export type PageAction = {
  id: string
  label: string
  /** shown behind the label, quiet: a tag, a ticket */
  hint?: string
  /** as `useKey` wants it; printed on the row and on the button */
  shortcut?: string
  run: () => void
  /** why the reader may not; the palette lists it under "you may not", and nothing runs */
  refused?: string
}

export const pageActions = createStore<PageAction[]>([])

/** Offer actions while the component is there. Keys are bound by the caller's own buttons or by `useActionKey`. */
export function usePageActions(actions: PageAction[]): void {
  const mine = useRef<PageAction[]>([])
  useEffect(() => {
    const others = pageActions.get().filter((action) => !mine.current.includes(action))
    mine.current = actions
    pageActions.set([...others, ...actions])
  })
  useEffect(
    () => () => {
      pageActions.set(pageActions.get().filter((action) => !mine.current.includes(action)))
    },
    [],
  )
}

/** Bind the key of one action. */
export function useActionKey(action: PageAction): void {
  useKey(action.shortcut ?? [], () => action.run(), { enabled: Boolean(action.shortcut) && !action.refused })
}
