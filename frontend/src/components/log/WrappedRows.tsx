/** Lines that break at the window's edge: their heights are measured as they come into sight. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useImperativeHandle, useRef, useState } from 'react'
import { ROW, watchMoves, type RowsProps } from './rows'
import css from './Log.module.css'

export default function WrappedRows({ ref, count, label, row, tail, onMove }: RowsProps) {
  const box = useRef<HTMLDivElement>(null)
  const [moved] = useState(() => watchMoves(onMove))
  const virtual = useVirtualizer({ count, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 20 })
  useImperativeHandle(
    ref,
    () => ({
      reveal: (line) => virtual.scrollToIndex(line - 1, { align: 'center' }),
      toEnd: () => virtual.scrollToIndex(count - 1, { align: 'end' }),
      firstVisible: () => (virtual.range?.startIndex ?? 0) + 1,
    }),
    [virtual, count],
  )
  const items = virtual.getVirtualItems()
  return (
    <div
      ref={box}
      className={css.box}
      role="log"
      aria-live="off"
      aria-label={label}
      tabIndex={0}
      onScroll={(event) => moved(event.currentTarget)}
    >
      <div className={css.sheet} style={{ height: virtual.getTotalSize() + ROW + 12 }}>
        <div className={css.wrapped} style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
          {items.map((item) => (
            <div key={item.key} data-index={item.index} ref={virtual.measureElement}>
              {row(item.index + 1)}
            </div>
          ))}
          {items.at(-1)?.index === count - 1 && tail}
        </div>
      </div>
    </div>
  )
}
