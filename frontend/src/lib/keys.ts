/** Keyboard: single keys and two-key sequences, off while typing and when the person switched them off. */
import { useEffect, useRef } from 'react'
import { createStore } from './store'

/** WCAG 2.1.4: single-key shortcuts can be turned off in the settings. */
export const singleKeys = createStore(true)

type Handler = (event: KeyboardEvent) => void
type Binding = { keys: string[]; handler: Handler; always: boolean }

const bindings: Binding[] = []
const SEQUENCE_WITHIN = 900
let typed: { key: string; at: number } | null = null

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') return true
  const type = (target as HTMLInputElement).type
  return target.tagName === 'INPUT' && !['checkbox', 'radio', 'button', 'submit', 'range'].includes(type)
}

function name(event: KeyboardEvent): string {
  const key = event.key === ' ' ? 'space' : event.key.toLowerCase()
  const control = event.ctrlKey || event.metaKey ? 'ctrl+' : ''
  const shift = event.shiftKey && key.length > 1 ? 'shift+' : ''
  return control + (event.altKey ? 'alt+' : '') + shift + key
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.isComposing || event.defaultPrevented) return
  const key = name(event)
  const sequence = typed && Date.now() - typed.at < SEQUENCE_WITHIN ? `${typed.key} ${key}` : ''
  const free = !isTyping(event.target) && singleKeys.get() && !document.querySelector('[data-keys-blocked]')
  for (const wanted of sequence ? [sequence, key] : [key]) {
    const found = bindings.findLast((b) => b.keys.includes(wanted) && (b.always || free))
    if (found) {
      typed = null
      found.handler(event)
      return
    }
  }
  typed = free && /^[a-z]$/.test(key) ? { key, at: Date.now() } : null
}

/** antd's Select takes every Enter for itself, the one with Ctrl too: the chord is heard before it arrives there. */
function onChordInSelect(event: KeyboardEvent): void {
  if (name(event) !== 'ctrl+enter' || !(event.target as Element).closest?.('.ant-select')) return
  onKeyDown(event)
  if (event.defaultPrevented) event.stopPropagation()
}

if (typeof window !== 'undefined') {
  window.addEventListener('keydown', onChordInSelect, { capture: true })
  window.addEventListener('keydown', onKeyDown)
}

/**
 * Bind keys ("a", "g i", "ctrl+k", "shift+x") while the component is there; the latest binding wins.
 * `always` also fires while typing: for chords with Ctrl and for Escape only.
 */
export function useKey(keys: string | string[], handler: Handler, { enabled = true, always = false } = {}): void {
  const latest = useRef(handler)
  useEffect(() => {
    latest.current = handler
  })
  const list = [keys].flat().join('|')
  useEffect(() => {
    if (!enabled || !list) return undefined
    const binding: Binding = {
      keys: list.split('|'),
      always,
      handler: (event) => {
        event.preventDefault()
        latest.current(event)
      },
    }
    bindings.push(binding)
    return () => {
      bindings.splice(bindings.indexOf(binding), 1)
    }
  }, [list, enabled, always])
}
