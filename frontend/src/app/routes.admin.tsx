/** The routes of administration. */
import { createRoute, redirect } from '@tanstack/react-router'
import { flag, oneOf, search, text, whole } from '@/lib/search'
import { inside, page } from './routes.base'

const admin = createRoute({
  getParentRoute: () => inside,
  path: '/admin',
  component: page(['admin'], () => import('@/features/admin/AdminLayout')),
})
const adminHome = createRoute({
  getParentRoute: () => admin,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/admin/people', replace: true })
  },
})
const clusters = createRoute({
  getParentRoute: () => admin,
  path: '/clusters',
  validateSearch: search({ edit: text, add: flag }),
  component: page(['admin'], () => import('@/features/admin/ClustersPage')),
})
const nodes = createRoute({
  getParentRoute: () => admin,
  path: '/clusters/$cluster/nodes',
  component: page(['admin'], () => import('@/features/admin/NodesPage')),
})
const integrations = createRoute({
  getParentRoute: () => admin,
  path: '/integrations',
  validateSearch: search({ kind: oneOf(['gitlab', 'jenkins', 'registry']), edit: text, add: flag }),
  component: page(['admin'], () => import('@/features/admin/IntegrationsPage')),
})
const environments = createRoute({
  getParentRoute: () => admin,
  path: '/environments',
  validateSearch: search({ edit: text, add: flag }),
  component: page(['admin'], () => import('@/features/admin/EnvironmentsPage')),
})
const languages = createRoute({
  getParentRoute: () => admin,
  path: '/languages',
  validateSearch: search({ lang: text, kind: text, version: whole, against: whole, add: flag, job: text }),
  component: page(['admin', 'templates'], () => import('@/features/admin/LanguagesPage')),
})
const standards = createRoute({
  getParentRoute: () => admin,
  path: '/standards',
  validateSearch: search({
    q: text,
    level: oneOf(['deny', 'warn', 'off']),
    tier: oneOf(['development', 'test', 'staging', 'production']),
    standard: text,
  }),
  component: page(['admin', 'standards'], () => import('@/features/admin/StandardsPage')),
})
const people = createRoute({
  getParentRoute: () => admin,
  path: '/people',
  validateSearch: search({ q: text, edit: whole, add: flag }),
  component: page(['admin'], () => import('@/features/admin/PeoplePage')),
})
const grants = createRoute({
  getParentRoute: () => admin,
  path: '/grants',
  validateSearch: search({ user: text, project: text, add: flag, who: text, env: text }),
  component: page(['admin'], () => import('@/features/admin/GrantsPage')),
})
const hosts = createRoute({
  getParentRoute: () => admin,
  path: '/hosts',
  validateSearch: search({ env: text, before: whole, after: whole }),
  component: page(['admin', 'hosts'], () => import('@/features/admin/HostsPage')),
})
const intake = createRoute({
  getParentRoute: () => admin,
  path: '/intake',
  validateSearch: search({
    batch: whole,
    q: text,
    state: oneOf(['waiting', 'taken', 'failed', 'exists']),
    confidence: oneOf(['certain', 'likely', 'unsure']),
    problems: flag,
    row: whole,
  }),
  component: page(['admin', 'intake'], () => import('@/features/admin/IntakePage')),
})
const why = createRoute({
  getParentRoute: () => admin,
  path: '/why',
  validateSearch: search({ user: text, project: text, env: text, action: text }),
  component: page(['admin', 'settings'], () => import('@/features/admin/WhyPage')),
})

export const adminRoutes = admin.addChildren([
  adminHome,
  clusters,
  nodes,
  integrations,
  environments,
  languages,
  standards,
  people,
  grants,
  hosts,
  intake,
  why,
])
