/** Fills the frame's top bar from inside a page: breadcrumb or title on the left, at most three buttons on the right. */
import { createContext, use, type ReactNode } from 'react'
import { createPortal } from 'react-dom'

export type TopBarSlots = { left: HTMLElement | null; right: HTMLElement | null }
export const TopBarContext = createContext<TopBarSlots>({ left: null, right: null })

export function TopBar({ left, right }: { left?: ReactNode; right?: ReactNode }) {
  const slots = use(TopBarContext)
  return (
    <>
      {left && slots.left && createPortal(left, slots.left)}
      {right && slots.right && createPortal(right, slots.right)}
    </>
  )
}
