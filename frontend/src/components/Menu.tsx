/** A button that opens a short list of things to do. For commands only; what holds choices or links is drawn by its owner. */
import { Button } from 'antd'
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useDismiss } from '@/lib/dismiss'
import css from './Menu.module.css'

export type MenuItem = { key: string; label: string; run: () => void }

const STEPS: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
}

export function Menu({ label, icon, items }: { label: string; icon: ReactNode; items: MenuItem[] }) {
  const id = useId()
  const box = useRef<HTMLDivElement>(null)
  const opener = useRef<HTMLButtonElement>(null)
  const list = useRef<HTMLUListElement>(null)
  const [open, setOpen] = useState(false)
  useDismiss(box, open, (byKey) => {
    setOpen(false)
    if (byKey) opener.current?.focus()
  })
  useEffect(() => {
    if (open) list.current?.querySelector('button')?.focus()
  }, [open])
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key]
    const all = [...(list.current?.querySelectorAll('button') ?? [])]
    if (!step || !all.length) return
    event.preventDefault()
    all[
      step(
        all.findIndex((one) => one === document.activeElement),
        all.length,
      )
    ]?.focus()
  }
  const run = (item: MenuItem) => {
    setOpen(false)
    opener.current?.focus() // what the item opens gives the focus back here
    item.run()
  }
  return (
    <div ref={box} className={css.box}>
      <Button
        ref={opener}
        type="text"
        size="small"
        icon={icon}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      />
      {open && (
        <ul ref={list} id={id} role="menu" aria-label={label} className={css.menu} onKeyDown={onKeyDown}>
          {items.map((item) => (
            <li key={item.key} role="none">
              <button type="button" role="menuitem" tabIndex={-1} className={css.item} onClick={() => run(item)}>
                {item.label}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
