/** Dialogs over the page, each loaded when it is first opened: palette, help, "your session ended". */
import { lazy, Suspense } from 'react'
import { ErrorBoundary } from '@/components/states'
import { sessionLost } from '@/lib/api/session'
import { withWords } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { useStore } from '@/lib/store'
import { overlay } from './overlays'

const Palette = lazy(() => import('../palette/Palette'))
const HelpDialog = lazy(() => import('./HelpDialog'))
const SessionEndedDialog = lazy(withWords(['auth'], () => import('@/features/auth/SessionEndedDialog')))

export function Overlays() {
  const open = useStore(overlay)
  const lost = useStore(sessionLost)
  const me = useMe()
  return (
    <ErrorBoundary name="overlay">
      <Suspense>
        {open === 'palette' && !lost && <Palette />}
        {open === 'help' && !lost && <HelpDialog />}
        {lost && <SessionEndedDialog person={me} />}
      </Suspense>
    </ErrorBoundary>
  )
}
