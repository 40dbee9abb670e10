/** Every route, its search parameters and the chunk it loads. Pages live in features; this names them. */
import { createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import type { QueryClient } from '@tanstack/react-query'
import { boardQuery, firstHourQuery, inboxQuery, meQuery, projectQuery } from '@/lib/api/queries'
import { flag, many, oneOf, parseSearch, search, stringifySearch, text, whole } from '@/lib/search'
import { Loading } from '@/components/states'
import { NotFound } from './NotFound'
import { queryClient } from './queryClient'
import { RouteFailed } from './RouteFailed'
import { adminRoutes } from './routes.admin'
import { inside, page, root } from './routes.base'
import { terminalRoutes } from './routes.terminals'

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: search({ next: text, forgot: flag }),
  component: page(['auth'], () => import('@/features/auth/SignInPage')),
})
const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  component: page(['auth'], () => import('@/features/auth/LinkPage')),
})
const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset',
  component: page(['auth'], () => import('@/features/auth/LinkPage')),
})

/** A portal that has released nothing yet: whoever sets it up begins with the checklist. */
async function isBeforeFirstRelease(client: QueryClient): Promise<boolean> {
  const hour = await client.ensureQueryData(firstHourQuery).catch(() => null)
  return hour?.steps.some((step) => step.name === 'first_release' && !step.done) ?? false
}

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  beforeLoad: async ({ context }) => {
    const me = await context.queryClient.ensureQueryData(meQuery)
    if (me.may['first_hour.read'] && (await isBeforeFirstRelease(context.queryClient)))
      throw redirect({ to: '/first-hour' })
    throw redirect({ to: me.start_page === 'projects' ? '/projects' : '/inbox' })
  },
})

const inbox = createRoute({
  getParentRoute: () => inside,
  path: '/inbox',
  validateSearch: search({ tab: oneOf(['needs', 'following', 'done']), ticket: whole }),
  loader: ({ context }) => void context.queryClient.prefetchQuery(inboxQuery('needs')),
  component: lazyRouteComponent(() => import('@/features/inbox/InboxPage')),
})

const projects = createRoute({
  getParentRoute: () => inside,
  path: '/projects',
  validateSearch: search({ q: text, lang: text, mine: flag, stage: oneOf(['requested', 'active', 'archived']) }),
  component: page(['projects'], () => import('@/features/projects/ProjectsPage')),
})
const newProject = createRoute({
  getParentRoute: () => inside,
  path: '/projects/new',
  component: page(['access'], () => import('@/features/access/AccessPage')),
})
const directProject = createRoute({
  getParentRoute: () => inside,
  path: '/projects/direct',
  component: page(['projects'], () => import('@/features/projects/NewProjectPage')),
})

const project = createRoute({
  getParentRoute: () => inside,
  path: '/p/$project',
  loader: async ({ context, params }) => context.queryClient.ensureQueryData(projectQuery(params.project)),
  component: page(['projects'], () => import('@/features/project/ProjectLayout')),
})
const overview = createRoute({
  getParentRoute: () => project,
  path: '/',
  validateSearch: search({ verdict: text }),
  loader: ({ context, params }) => void context.queryClient.prefetchQuery(boardQuery(params.project)),
  component: page(['overview'], () => import('@/features/overview/OverviewPage')),
})
const releases = createRoute({
  getParentRoute: () => project,
  path: '/releases',
  validateSearch: search({ env: text, status: many, by: text, kind: many, q: text }),
  component: page(['releases'], () => import('@/features/releases/ReleasesPage')),
})
const newRelease = createRoute({
  getParentRoute: () => project,
  path: '/releases/new',
  validateSearch: search({ ref: text, env: text, copy: whole }),
  component: page(['filing'], () => import('@/features/filing/NewReleasePage')),
})
const release = createRoute({
  getParentRoute: () => project,
  path: '/releases/$tag',
  validateSearch: search({
    step: text,
    build: whole,
    q: text,
    wrap: flag,
    tab: oneOf(['commits', 'verdicts', 'deployments']),
    verdict: text,
  }),
  component: page(['release', 'terminals', 'verdict'], () => import('@/features/release/ReleasePage')),
})
const promote = createRoute({
  getParentRoute: () => project,
  path: '/promote',
  validateSearch: search({ tag: text, to: text }),
  component: page(['filing'], () => import('@/features/filing/PromotePage')),
})
const rollBack = createRoute({
  getParentRoute: () => project,
  path: '/rollback',
  validateSearch: search({ env: text, to: text, whole: flag }),
  component: page(['filing'], () => import('@/features/filing/RollBackPage')),
})
const configurations = createRoute({
  getParentRoute: () => project,
  path: '/configuration',
  component: page(['configuration'], () => import('@/features/configuration/ListPage')),
})
const configuration = createRoute({
  getParentRoute: () => project,
  path: '/configuration/$environment/$name',
  validateSearch: search({
    start: text,
    tab: oneOf(['yaml', 'change', 'values']),
    cluster: text,
    open: oneOf(['presets', 'secrets']),
  }),
  component: page(['configuration'], () => import('@/features/configuration/FormPage')),
})
const configurationRevisions = createRoute({
  getParentRoute: () => project,
  path: '/configuration/$environment/$name/revisions',
  validateSearch: search({ before: whole, after: whole }),
  component: page(['configuration'], () => import('@/features/configuration/RevisionsPage')),
})
const projectSettingsHome = createRoute({
  getParentRoute: () => project,
  path: '/settings',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/p/$project/settings/$tab', params: { ...params, tab: 'general' }, replace: true })
  },
})
const projectSettings = createRoute({
  getParentRoute: () => project,
  path: '/settings/$tab',
  validateSearch: search({ env: text }),
  component: page(['projects', 'migration', 'access'], () => import('@/features/project/ProjectSettingsPage')),
})

const tickets = createRoute({
  getParentRoute: () => inside,
  path: '/tickets',
  validateSearch: search({ kind: many, status: many, project: text, q: text }),
  component: lazyRouteComponent(() => import('@/features/tickets/TicketsPage')),
})
const ticket = createRoute({
  getParentRoute: () => inside,
  path: '/tickets/$id',
  component: lazyRouteComponent(() => import('@/features/tickets/TicketPage')),
})

const settingsHome = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  beforeLoad: () => {
    throw redirect({ to: '/settings/$tab', params: { tab: 'profile' }, replace: true })
  },
})
const brakes = createRoute({
  getParentRoute: () => inside,
  path: '/brakes',
  validateSearch: search({ at: text, pull: flag }),
  component: page(['brakes'], () => import('@/features/brakes/BrakesPage')),
})

const settings = createRoute({
  getParentRoute: () => inside,
  path: '/settings/$tab',
  validateSearch: search({ project: text, env: text, action: text }),
  component: page(['settings'], () => import('@/features/settings/SettingsPage')),
})
const firstHour = createRoute({
  getParentRoute: () => inside,
  path: '/first-hour',
  component: page(['firsthour'], () => import('@/features/first-hour/FirstHourPage')),
})

const workloads = createRoute({
  getParentRoute: () => project,
  path: '/workloads',
  component: page(['workload'], () => import('@/features/workload/WorkloadsPage')),
})
const workload = createRoute({
  getParentRoute: () => project,
  path: '/workloads/$id',
  validateSearch: search({ cluster: text, pod: text }),
  component: page(['workload'], () => import('@/features/workload/WorkloadPage')),
})
const projectTerminals = createRoute({
  getParentRoute: () => project,
  path: '/terminals',
  validateSearch: search({ state: oneOf(['open', 'ended']), mine: flag }),
  component: page(['terminals'], () => import('@/features/terminals/ProjectTerminalsPage')),
})

const routeTree = root.addChildren([
  signIn,
  welcome,
  reset,
  inside.addChildren([
    home,
    inbox,
    projects,
    newProject,
    directProject,
    project.addChildren([
      overview,
      releases,
      newRelease,
      release,
      promote,
      rollBack,
      workloads,
      workload,
      projectTerminals,
      configurations,
      configuration,
      configurationRevisions,
      projectSettingsHome,
      projectSettings,
    ]),
    tickets,
    ticket,
    brakes,
    settingsHome,
    settings,
    firstHour,
    ...terminalRoutes,
    adminRoutes,
  ]),
])

export const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch,
  context: { queryClient },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultPendingComponent: () => (
    <div className="pending">
      <Loading />
    </div>
  ),
  defaultErrorComponent: RouteFailed,
  defaultNotFoundComponent: NotFound,
  defaultPendingMs: 150,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
