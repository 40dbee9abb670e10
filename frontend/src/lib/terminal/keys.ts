/** The keys a terminal keeps from the shell, by the habits of each system (UI.md §5.12). Pure. */

export type System = 'mac' | 'windows' | 'linux'
export type TerminalKey = 'leave' | 'find' | 'copy' | 'paste'
type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey'>

export function systemOf(userAgent: string): System {
  if (/Mac|iPhone|iPad/.test(userAgent)) return 'mac'
  return /Windows/.test(userAgent) ? 'windows' : 'linux'
}

const named = (keys: Record<string, TerminalKey | null>, key: string): TerminalKey | null => keys[key] ?? null

/** What a key means here; null: the shell hears it. Selected text makes Ctrl C a copy on Windows. */
export function terminalKey(event: Pressed, system: System, hasSelection: boolean): TerminalKey | null {
  const { ctrlKey: ctrl, shiftKey: shift, altKey: alt, metaKey: meta } = event
  const key = event.key.toLowerCase()
  if (alt) return null
  if (system === 'mac') {
    if (!meta || ctrl) return null
    if (key === 'arrowup') return 'leave'
    return named({ f: 'find', c: hasSelection ? 'copy' : null, v: 'paste' }, key)
  }
  if (meta) return null
  if (ctrl && shift) return named({ arrowup: 'leave', f: 'find', c: 'copy', v: 'paste' }, key)
  if (key === 'insert') return ctrl ? 'copy' : shift ? 'paste' : null
  if (system === 'windows' && ctrl) return key === 'v' ? 'paste' : key === 'c' && hasSelection ? 'copy' : null
  return null
}
