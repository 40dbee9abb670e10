/** Keys that work on every page (UI.md §2.3). A page's own binding of the same key wins. */
import { useNavigate } from '@tanstack/react-router'
import { useKey } from '@/lib/keys'
import { overlay } from './overlays'
import { usePreferences } from './preferences'

export function useFrameKeys(): void {
  const navigate = useNavigate()
  const { switchTheme } = usePreferences()
  useKey('g i', () => void navigate({ to: '/inbox' }))
  useKey('g p', () => void navigate({ to: '/projects' }))
  useKey('g k', () => void navigate({ to: '/tickets' }))
  useKey('g t', () => void navigate({ to: '/terminals' }))
  useKey('t', switchTheme)
  useKey('?', () => overlay.set('help'))
  useKey('ctrl+k', () => overlay.set(overlay.get() === 'palette' ? null : 'palette'), { always: true })
}
