/** Every page a person can reach, who looks at it, and which states are photographed. A route without a row fails `make check`. */
import { ADMIN_SHOTS } from './shots.admin'
import { TERMINAL_SHOTS } from './shots.terminals'
import type { Username } from './support/people'

/** What the scene of `shots.e2e.ts` has prepared. */
export type Scene = {
  project: string
  tag: string
  failedTag: string
  runningTag: string
  ticket: number
  failedTicket: number
  /** a service that waits to be let in */
  accessTicket: number
  configureTicket: number
  resyncTicket: number
  /** bulk intakes: one that was found, one of a CSV, and a row of it that is wrong */
  foundIntake: number
  csvIntake: number
  csvRow: number
  /** in test */
  workload: number
  liveTerminal: number
  endedTerminal: number
  /** a shell in production that waits for approval */
  shellTicket: number
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
  /** keys pressed once it is there: what opens over the page */
  keys?: string
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
  {
    route: '/inside/projects/new',
    name: 'new-project',
    as: 'developer',
    path: () => '/projects/new',
    reads: '/api/v1/access/options/',
    states: ['error'],
  },
  {
    route: '/inside/projects',
    name: 'projects-requested',
    as: 'developer',
    path: () => '/projects?stage=requested',
  },
  { route: '/inside/projects/direct', name: 'direct-project', as: 'admin', path: () => '/projects/direct' },
  { route: '/inside/projects/direct', name: 'direct-project-denied', as: 'developer', path: () => '/projects/direct' },
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
  {
    route: '/inside/p/$project/configuration',
    name: 'configuration',
    as: 'developer',
    path: (s) => `${P(s)}/configuration`,
    reads: '/configurations/',
    states: ['error', 'empty'],
  },
  {
    route: '/inside/p/$project/configuration/$environment/$name',
    name: 'configuration-form',
    as: 'ops',
    path: (s) => `${P(s)}/configuration/production/${s.project}`,
    reads: '/configurations/preview',
    states: ['loading', 'error'],
  },
  {
    route: '/inside/p/$project/configuration/$environment/$name',
    name: 'configuration-form-read',
    as: 'developer',
    path: (s) => `${P(s)}/configuration/production/${s.project}`,
  },
  {
    route: '/inside/p/$project/configuration/$environment/$name',
    name: 'configuration-values',
    as: 'ops',
    path: (s) => `${P(s)}/configuration/production/${s.project}?tab=values`,
  },
  {
    route: '/inside/p/$project/configuration/$environment/$name',
    name: 'configuration-review',
    as: 'ops',
    path: (s) => `${P(s)}/configuration/production/${s.project}`,
    keys: 'Control+Enter',
  },
  {
    route: '/inside/p/$project/configuration/$environment/$name',
    name: 'configuration-presets',
    as: 'ops',
    path: (s) => `${P(s)}/configuration/production/${s.project}?open=presets`,
    reads: '/configuration-presets/',
    states: ['error', 'empty'],
  },
  {
    route: '/inside/p/$project/configuration/$environment/$name',
    name: 'configuration-secrets',
    as: 'ops',
    path: (s) => `${P(s)}/configuration/production/${s.project}?open=secrets`,
    reads: '/secrets/',
    states: ['error', 'empty'],
  },
  {
    route: '/inside/p/$project/configuration/$environment/$name',
    name: 'configuration-secrets-read',
    as: 'developer',
    path: (s) => `${P(s)}/configuration/production/${s.project}?open=secrets`,
  },
  {
    route: '/inside/p/$project/configuration/$environment/$name/revisions',
    name: 'configuration-revisions',
    as: 'developer',
    path: (s) => `${P(s)}/configuration/test/${s.project}/revisions`,
    reads: '/revisions/',
    states: ['error', 'empty'],
  },
  ...['general', 'people', 'environments', 'resources', 'dockerfile'].map((tab): Shot => ({
    route: '/inside/p/$project/settings/$tab',
    name: `project-${tab}`,
    as: 'owner',
    path: (s) => `${P(s)}/settings/${tab}`,
  })),
  {
    route: '/inside/p/$project/settings/$tab',
    name: 'project-general-read',
    as: 'developer',
    path: (s) => `${P(s)}/settings/general`,
  },
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
    route: '/inside/p/$project/settings/$tab',
    name: 'project-provisions',
    as: 'owner',
    path: (s) => `${P(s)}/settings/provisions`,
    reads: '/provisions/',
    states: ['loading', 'error', 'empty'],
  },
  {
    route: '/inside/p/$project/settings/$tab',
    name: 'project-provisions-read',
    as: 'developer',
    path: (s) => `${P(s)}/settings/provisions`,
  },
  {
    route: '/inside/tickets/$id',
    name: 'ticket-access',
    as: 'ops',
    path: (s) => `/tickets/${s.accessTicket}`,
    reads: '/steps',
    states: ['loading', 'error'],
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
    route: '/inside/tickets/$id',
    name: 'ticket-configure',
    as: 'ops2',
    path: (s) => `/tickets/${s.configureTicket}`,
  },
  {
    route: '/inside/tickets/$id',
    name: 'ticket-resync',
    as: 'ops',
    path: (s) => `/tickets/${s.resyncTicket}`,
    reads: '/steps',
    states: ['error'],
  },
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
  ...TERMINAL_SHOTS,
  ...ADMIN_SHOTS,
]
