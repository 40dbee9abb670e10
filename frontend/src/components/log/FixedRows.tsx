/** Lines of equal height: only those in sight are in the page, whatever the length. The position is simple arithmetic. */
import { useCallback, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react'
import { ROW, watchMoves, type RowsProps } from './rows'
import css from './Log.module.css'

const MARGIN = 10
/** The window moves in steps, so that most scroll events draw nothing. */
const STEP = 8

export default function FixedRows({ ref, count, longest, label, row, tail, onMove }: RowsProps) {
  const box = useRef<HTMLDivElement>(null)
  const [first, setFirst] = useState(0)
  const [height, setHeight] = useState(600)
  const [moved] = useState(() => watchMoves(onMove))

  const place = useCallback(() => {
    const element = box.current
    if (!element) return
    setFirst(Math.max(0, Math.floor(element.scrollTop / ROW / STEP) * STEP - MARGIN))
    setHeight(element.clientHeight)
  }, [])
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return undefined
    const observer = new ResizeObserver(place)
    observer.observe(element)
    return () => observer.disconnect()
  }, [place])
  useImperativeHandle(
    ref,
    () => ({
      reveal: (line) => {
        const element = box.current
        element?.scrollTo({ top: Math.max(0, (line - 1) * ROW - element.clientHeight / 3) })
        place()
      },
      toEnd: () => {
        box.current?.scrollTo({ top: box.current.scrollHeight })
        place()
      },
      firstVisible: () => Math.floor((box.current?.scrollTop ?? 0) / ROW) + 1,
    }),
    [place],
  )

  const until = Math.min(count, first + Math.ceil(height / ROW) + MARGIN * 2 + STEP)
  const lines = Array.from({ length: Math.max(0, until - first) }, (_, index) => first + index + 1)
  return (
    <div
      ref={box}
      className={css.box}
      role="log"
      aria-live="off"
      aria-label={label}
      tabIndex={0}
      onScroll={(event) => {
        place()
        moved(event.currentTarget)
      }}
    >
      <div className={css.sheet} style={{ height: (count + 1) * ROW + 12, minWidth: `calc(${longest}ch + 76px)` }}>
        <div style={{ transform: `translateY(${first * ROW}px)` }}>
          {lines.map(row)}
          {until === count && tail}
        </div>
      </div>
    </div>
  )
}
