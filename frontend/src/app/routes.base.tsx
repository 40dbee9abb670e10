/** What every route hangs on: the root, the part behind the sign-in, and how a page comes with its words. */
import { createRootRouteWithContext, createRoute, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import type { QueryClient } from '@tanstack/react-query'
import { ApiError } from '@/lib/api/errors'
import { meQuery } from '@/lib/api/queries'
import { sessionBegan } from '@/lib/api/session'
import { withWords, type LaterNamespace } from '@/lib/i18n'
import { Frame } from './frame/Frame'

/** A page with the words it speaks beyond those of the first load. */
export const page = <T extends Record<string, unknown>>(words: LaterNamespace[], part: () => Promise<T>) =>
  lazyRouteComponent(withWords(words, part))

export const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Outlet })

/** Everything behind the sign-in. */
export const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Frame,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(meQuery)
      sessionBegan()
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href } })
      }
      throw error
    }
  },
})
