/** Keys printed on what they do, and buttons that carry one. */
import { Button, type ButtonProps } from 'antd'
import type { Ref } from 'react'
import { useKey, singleKeys } from '@/lib/keys'
import { useStore } from '@/lib/store'
import { useIsPhone } from '@/lib/screen'
import css from './Key.module.css'

const NAMES: Record<string, string> = {
  ctrl: 'Ctrl',
  enter: '↵',
  escape: 'Esc',
  arrowup: '↑',
  arrowdown: '↓',
  shift: 'Shift',
  alt: 'Alt',
}
const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent)

export const keyText = (shortcut: string): string =>
  shortcut
    .split('+')
    .map((part) => (part === 'ctrl' && isMac ? '⌘' : (NAMES[part] ?? part.toUpperCase())))
    .join(' ')

/** `always`: where keys are explained, not offered. */
export function Key({
  children,
  onInk = false,
  always = false,
}: {
  children: string
  onInk?: boolean
  always?: boolean
}) {
  const on = useStore(singleKeys)
  const phone = useIsPhone()
  if (!always && (phone || (!on && !children.includes('+')))) return null
  return (
    <kbd className={`${css.key} ${onInk ? css.onInk : ''}`} aria-hidden>
      {keyText(children)}
    </kbd>
  )
}

type Props = Omit<ButtonProps, 'onClick'> & {
  /** the key that does the same; printed on the button */
  shortcut?: string
  onPress: () => void
  /** what the key does instead of pressing: a single key never performs an irreversible act (UI.md §2.3) */
  onKey?: () => void
  ref?: Ref<HTMLButtonElement>
}

/** A button with its key. One `type="primary"` per page (UI.md §1.1). */
export function KeyButton({ shortcut, onPress, onKey, children, disabled, ...rest }: Props) {
  const always = Boolean(shortcut?.includes('ctrl'))
  useKey(shortcut ?? [], onKey ?? onPress, { enabled: Boolean(shortcut) && !disabled && !rest.loading, always })
  return (
    <Button
      {...rest}
      disabled={disabled}
      onClick={onPress}
      aria-keyshortcuts={shortcut?.toUpperCase().replace('CTRL', 'Control')}
    >
      {children}
      {shortcut && <Key onInk={rest.type === 'primary'}>{shortcut}</Key>}
    </Button>
  )
}
