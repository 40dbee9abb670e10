/** Every page a person can reach, who looks at it, and which states are photographed. A route without a row fails `make check`. */
import type { Username } from './support/people'

/** What the scene of `shots.e2e.ts` has prepared. */
export type Scene = {
  project: string
  tag: string
  failedTag: string
  runningTag: string
  ticket: number
  failedTicket: number
  user: number
}

export type State = 'loading' | 'error' | 'offline' | 'denied' | 'empty' | 'missing'

export type Shot = {
  /** the route's id in src/app/router.tsx */
  route: string
  name: string
  /** nobody: before the sign-in */
  as: Username | null
  path: (scene: Scene) => string
  /** the reads that fail, hang or come back empty in the states below (a part of the URL) */
  reads?: string
  states?: State[]
}

const P = (scene: Scene) => `/p/${scene.project}`

export const SHOTS: Shot[] = [
  { route: '/sign-in', name: 'sign-in', as: null, path: () => '/sign-in' },
  { route: '/welcome', name: 'welcome', as: null, path: () => '/welcome#gone', states: [] },
  { route: '/reset', name: 'reset', as: null, path: () => '/reset#gone' },
  {
    route: '/inside/inbox',
    name: 'inbox',
    as: 'ops',
    path: (s) => `/inbox?ticket=${s.ticket}`,
    reads: '/api/v1/inbox',
    states: ['loading', 'error', 'offline', 'empty'],
  },
  { route: '/inside/inbox', name: 'inbox-tester', as: 'tester', path: () => '/inbox' },
  { route: '/inside/inbox', name: 'inbox-following', as: 'developer', path: () => '/inbox?tab=following' },
  { route: '/inside/inbox', name: 'inbox-done', as: 'developer', path: () => '/inbox?tab=done' },
  {
    route: '/inside/projects',
    name: 'projects',
    as: 'developer',
    path: () => '/projects',
    reads: '/api/v1/projects/',
    states: ['loading', 'error', 'empty'],
  },
  { route: '/inside/projects/new', name: 'new-project', as: 'admin', path: () => '/projects/new' },
  {
    route: '/inside/p/$project/',
    name: 'overview',
    as: 'developer',
    path: P,
    reads: '/api/v1/board',
    states: ['loading', 'error', 'offline'],
  },
  { route: '/inside/p/$project/', name: 'overview-ops', as: 'ops', path: P },
  { route: '/inside/p/$project/', name: 'verdict', as: 'tester', path: (s) => `${P(s)}?verdict=test` },
  { route: '/inside/p/$project/', name: 'overview-missing', as: 'developer', path: () => '/p/not-there' },
  {
    route: '/inside/p/$project/releases',
    name: 'releases',
    as: 'developer',
    path: (s) => `${P(s)}/releases`,
    reads: '/api/v1/tickets/',
    states: ['loading', 'error', 'empty'],
  },
  {
    route: '/inside/p/$project/releases/new',
    name: 'new-release',
    as: 'developer',
    path: (s) => `${P(s)}/releases/new`,
    reads: '/refs',
    states: ['error'],
  },
  {
    route: '/inside/p/$project/releases/$tag',
    name: 'release',
    as: 'developer',
    path: (s) => `${P(s)}/releases/${s.tag}`,
    reads: '/log',
    states: ['error'],
  },
  {
    route: '/inside/p/$project/releases/$tag',
    name: 'release-failed',
    as: 'developer',
    path: (s) => `${P(s)}/releases/${s.failedTag}`,
  },
  {
    route: '/inside/p/$project/releases/$tag',
    name: 'release-running',
    as: 'developer',
    path: (s) => `${P(s)}/releases/${s.runningTag}`,
  },
  {
    route: '/inside/p/$project/promote',
    name: 'promote',
    as: 'developer',
    path: (s) => `${P(s)}/promote?tag=${s.tag}&to=production`,
    reads: '/tickets/preview',
    states: ['error'],
  },
  { route: '/inside/p/$project/rollback', name: 'rollback', as: 'ops', path: (s) => `${P(s)}/rollback?env=production` },
  {
    route: '/inside/p/$project/rollback',
    name: 'rollback-denied',
    as: 'developer',
    path: (s) => `${P(s)}/rollback?env=production`,
  },
  ...['general', 'people', 'environments', 'resources', 'dockerfile'].map((tab): Shot => ({
    route: '/inside/p/$project/settings/$tab',
    name: `project-${tab}`,
    as: 'owner',
    path: (s) => `${P(s)}/settings/${tab}`,
  })),
  {
    route: '/inside/p/$project/settings/$tab',
    name: 'project-migration',
    as: 'ops',
    path: (s) => `${P(s)}/settings/migration?env=test`,
    reads: '/migration/',
    states: ['loading', 'error'],
  },
  {
    route: '/inside/p/$project/settings/$tab',
    name: 'project-migration-denied',
    as: 'developer',
    path: (s) => `${P(s)}/settings/migration?env=test`,
  },
  {
    route: '/inside/tickets',
    name: 'tickets',
    as: 'ops',
    path: () => '/tickets',
    reads: '/api/v1/tickets/',
    states: ['empty', 'error'],
  },
  {
    route: '/inside/tickets/$id',
    name: 'ticket',
    as: 'developer',
    path: (s) => `/tickets/${s.ticket}`,
    reads: '/api/v1/tickets/',
    states: ['loading', 'error'],
  },
  { route: '/inside/tickets/$id', name: 'ticket-failed', as: 'developer', path: (s) => `/tickets/${s.failedTicket}` },
  {
    route: '/inside/brakes',
    name: 'brakes',
    as: 'ops',
    path: () => '/brakes?at=dc1',
    reads: '/api/v1/brakes/',
    states: ['loading', 'error', 'empty'],
  },
  { route: '/inside/brakes', name: 'brakes-denied', as: 'developer', path: () => '/brakes' },
  ...['profile', 'appearance', 'tokens', 'sessions', 'shortcuts', 'why'].map((tab): Shot => ({
    route: '/inside/settings/$tab',
    name: `settings-${tab}`,
    as: 'developer',
    path: () => `/settings/${tab}`,
  })),
  { route: '/inside/first-hour', name: 'first-hour', as: 'admin', path: () => '/first-hour' },
  ...['clusters', 'integrations', 'environments', 'languages', 'people', 'grants', 'why'].map((page): Shot => ({
    route: `/inside/admin/${page}`,
    name: `admin-${page}`,
    as: 'admin',
    path: () => `/admin/${page}`,
    states: [],
  })),
  {
    route: '/inside/admin/clusters/$cluster/nodes',
    name: 'nodes',
    as: 'developer',
    path: () => '/admin/clusters/dc1/nodes',
    reads: '/api/v1/clusters/dc1/nodes',
    states: ['loading', 'error'],
  },
  {
    route: '/inside/admin/standards',
    name: 'admin-standards',
    as: 'admin',
    path: () => '/admin/standards',
    reads: '/api/v1/standards/',
    states: ['loading', 'error', 'empty'],
  },
  {
    route: '/inside/admin/standards',
    name: 'admin-standards-sheet',
    as: 'admin',
    path: () => '/admin/standards?standard=probes.one_strike',
  },
  {
    route: '/inside/admin/standards',
    name: 'admin-standards-denied',
    as: 'developer',
    path: () => '/admin/standards?standard=replicas.least',
  },
  {
    route: '/inside/admin/hosts',
    name: 'admin-hosts',
    as: 'admin',
    path: () => '/admin/hosts?env=test&before=1&after=2',
    reads: '/hosts/',
    states: ['loading', 'error'],
  },
  { route: '/inside/admin/hosts', name: 'admin-hosts-first', as: 'admin', path: () => '/admin/hosts?env=production' },
  { route: '/inside/admin/hosts', name: 'admin-hosts-read', as: 'developer', path: () => '/admin/hosts?env=test' },
  { route: '/inside/admin/clusters', name: 'admin-denied', as: 'developer', path: () => '/admin/clusters' },
]
