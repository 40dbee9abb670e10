/** The routes of terminals: the list, the sheet before a shell, a session, its replay. xterm comes with the last two. */
import { createRoute } from '@tanstack/react-router'
import { flag, oneOf, search, text, whole } from '@/lib/search'
import { inside, page } from './routes.base'

const list = createRoute({
  getParentRoute: () => inside,
  path: '/terminals',
  validateSearch: search({ state: oneOf(['open', 'ended']), mine: flag }),
  component: page(['terminals'], () => import('@/features/terminals/TerminalsPage')),
})
const fresh = createRoute({
  getParentRoute: () => inside,
  path: '/terminals/new',
  validateSearch: search({ project: text, env: text, workload: whole, pod: text, ticket: whole }),
  component: page(['terminals', 'workload'], () => import('@/features/terminals/NewPage')),
})
const session = createRoute({
  getParentRoute: () => inside,
  path: '/terminals/$id',
  component: page(['terminals', 'workload'], () => import('@/features/terminals/SessionPage')),
})
const replay = createRoute({
  getParentRoute: () => inside,
  path: '/terminals/$id/replay',
  validateSearch: search({ t: whole }),
  component: page(['terminals', 'workload'], () => import('@/features/terminals/ReplayPage')),
})

export const terminalRoutes = [list, fresh, session, replay]
