/** The frame of every page behind the sign-in: navigation, top bar, banner, overlays, live connection. No content of its own. */
import { Outlet, useLocation } from '@tanstack/react-router'
import { Suspense, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ErrorBoundary, Loading } from '@/components/states'
import { TopBarContext } from '@/components/TopBar'
import { singleKeys } from '@/lib/keys'
import { useMe } from '@/lib/me'
import { useIsPhone } from '@/lib/screen'
import { Banner } from './Banner'
import { BottomBar } from './BottomBar'
import { BrakeBand } from './BrakeBand'
import { Overlays } from './Overlays'
import { Sidebar } from './Sidebar'
import { Toasts } from './Toasts'
import { useArrival } from './useArrival'
import { useFrameKeys } from './useFrameKeys'
import { useLive } from './useLive'
import css from './Frame.module.css'

/** What the account says about this page; another person in another tab means another page. */
function useAccount(): void {
  const me = useMe()
  const [arrivedAs] = useState(me.id)
  useEffect(() => {
    if (me.id !== arrivedAs) location.reload()
  }, [me.id, arrivedAs])
  useEffect(() => singleKeys.set(me.single_key_shortcuts ?? true), [me.single_key_shortcuts])
}

export function Frame() {
  const { t } = useTranslation('frame')
  const phone = useIsPhone()
  const section = useLocation({ select: ({ pathname }) => (pathname.startsWith('/p/') ? 'project' : undefined) })
  const [left, setLeft] = useState<HTMLElement | null>(null)
  const [right, setRight] = useState<HTMLElement | null>(null)
  useAccount()
  useLive()
  useFrameKeys()
  useArrival()
  return (
    <TopBarContext value={{ left, right }}>
      <a href="#main" className={css.skip}>
        {t('skip')}
      </a>
      <div className={css.frame} data-section={section}>
        {!phone && <Sidebar />}
        <div className={css.body}>
          <Banner />
          <header className={css.top}>
            <div className={css.left} ref={setLeft} />
            <div className={css.right} ref={setRight} />
          </header>
          <BrakeBand />
          <main id="main" className={css.main} tabIndex={-1} data-scroll-restoration-id="main">
            <ErrorBoundary name="page">
              <Suspense fallback={<Loading />}>
                <Outlet />
              </Suspense>
            </ErrorBoundary>
          </main>
        </div>
        {phone && <BottomBar />}
      </div>
      <Toasts />
      <Overlays />
    </TopBarContext>
  )
}
