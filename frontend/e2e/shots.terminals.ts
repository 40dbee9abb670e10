/** Terminals and the pods they are opened in, as rows of the manifest. */
import type { Shot } from './shots.manifest'

const SESSIONS = '/api/v1/terminal-sessions/'

export const TERMINAL_SHOTS: Shot[] = [
  {
    route: '/inside/p/$project/workloads',
    name: 'workloads',
    as: 'developer',
    path: (s) => `/p/${s.project}/workloads`,
    reads: '/api/v1/workloads/',
    states: ['loading', 'error', 'empty'],
  },
  {
    route: '/inside/p/$project/workloads/$id',
    name: 'workload',
    as: 'developer',
    path: (s) => `/p/${s.project}/workloads/${s.workload}`,
    reads: '/pods/',
    states: ['loading', 'error', 'offline'],
  },
  {
    route: '/inside/p/$project/terminals',
    name: 'project-terminals',
    as: 'developer',
    path: (s) => `/p/${s.project}/terminals`,
    reads: SESSIONS,
    states: ['empty'],
  },
  {
    route: '/inside/terminals',
    name: 'terminals',
    as: 'ops',
    path: () => '/terminals',
    reads: SESSIONS,
    states: ['loading', 'error', 'empty'],
  },
  {
    route: '/inside/terminals/new',
    name: 'terminal-new',
    as: 'developer',
    path: (s) => `/terminals/new?project=${s.project}&workload=${s.workload}`,
    reads: '/pods/',
    states: ['loading', 'error'],
  },
  {
    route: '/inside/terminals/new',
    name: 'terminal-new-production',
    as: 'ops',
    path: (s) => `/terminals/new?project=${s.project}&env=production`,
  },
  {
    route: '/inside/terminals/new',
    name: 'terminal-new-denied',
    as: 'developer',
    path: (s) => `/terminals/new?project=${s.project}&env=production`,
  },
  {
    route: '/inside/terminals/$id',
    name: 'terminal-watched',
    as: 'ops',
    path: (s) => `/terminals/${s.liveTerminal}`,
    reads: '/recording/',
    states: ['error'],
  },
  {
    route: '/inside/terminals/$id',
    name: 'terminal-unwatched',
    as: 'tester',
    path: (s) => `/terminals/${s.liveTerminal}`,
  },
  // The same person from another login: the shell is not shown there.
  {
    route: '/inside/terminals/$id',
    name: 'terminal-other-login',
    as: 'developer',
    path: (s) => `/terminals/${s.liveTerminal}`,
  },
  {
    route: '/inside/terminals/$id',
    name: 'terminal-ended',
    as: 'developer',
    path: (s) => `/terminals/${s.endedTerminal}`,
  },
  { route: '/inside/terminals/$id', name: 'terminal-missing', as: 'developer', path: () => '/terminals/999999' },
  {
    route: '/inside/terminals/$id/replay',
    name: 'terminal-replay',
    as: 'ops',
    path: (s) => `/terminals/${s.endedTerminal}/replay?t=1`,
    reads: '/recording/',
    states: ['error'],
  },
  { route: '/inside/tickets/$id', name: 'ticket-shell', as: 'ops2', path: (s) => `/tickets/${s.shellTicket}` },
]
