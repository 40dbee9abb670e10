/** What both ways of drawing lines agree on: fixed rows (fast, any length) and wrapped rows (measured). */
import type { ReactNode, Ref } from 'react'

export const ROW = 19

export type RowsHandle = {
  /** bring a line into view, a third from the top */
  reveal: (line: number) => void
  toEnd: () => void
  firstVisible: () => number
}

export type RowsProps = {
  ref: Ref<RowsHandle>
  count: number
  /** characters of the longest line: how far one may scroll to the right */
  longest: number
  label: string
  row: (line: number) => ReactNode
  /** drawn below the last line */
  tail: ReactNode
  /** the person moved up, or came to the end */
  onMove: (where: 'up' | 'end') => void
}

/** Tells a person's moving up from a log that merely grew: growing never lowers the position. */
export function watchMoves(onMove: RowsProps['onMove']) {
  let last = 0
  return (element: HTMLElement) => {
    const { scrollTop, scrollHeight, clientHeight } = element
    if (scrollTop < last - 2) onMove('up')
    else if (scrollTop + clientHeight >= scrollHeight - ROW) onMove('end')
    last = scrollTop
  }
}
