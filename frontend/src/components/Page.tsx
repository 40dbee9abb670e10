/** The title of a page: sets the document's, takes the focus after a change of route (UI.md §7). */
import { useEffect, useRef, type ReactNode } from 'react'

/** For pages whose heading is drawn elsewhere: the title of the tab only. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · opsportal` : 'opsportal'
  }, [title])
}

export function PageTitle({ children, title, className }: { children?: ReactNode; title: string; className?: string }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useTitle(title)
  useEffect(() => {
    // A page that came late finds the focus on <main>, where the frame left it (app/frame/useArrival.ts).
    const at = document.activeElement
    if (at === document.body || at?.id === 'main') heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <h1 ref={heading} tabIndex={-1} className={className}>
      {children ?? title}
    </h1>
  )
}
