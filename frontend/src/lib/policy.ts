/** Every action of the policy table (apps/policy/actions.py), by what it is about: what a person may ask about. Names only; the server decides. */
import type { paths } from '@/gen/api'

export type PolicyAction = paths['/api/v1/why']['get']['parameters']['query']['action']

/** Asked about in a project, most of them in one of its environments. */
export const IN_PROJECT = {
  delivery: [
    'release.request',
    'promote.request',
    'roll_back.request',
    'verdict.give',
    'migration.change',
    'release.read',
    'build.read',
    'board.read',
  ],
  tickets: [
    'ticket.approve',
    'ticket.review',
    'ticket.retry',
    'ticket.cancel',
    'ticket.comment',
    'ticket.read',
    'project_access.approve',
    'project_access.operate',
    'project_access.read',
    'resync.approve',
    'resync.operate',
    'resync.read',
  ],
  configuration: [
    'configuration.propose',
    'configuration.read',
    'preset.create',
    'preset.delete',
    'secret.manage',
    'workload.adopt',
    'workload.read',
    'dockerfile.override',
    'hosts.read',
  ],
  terminal: [
    'terminal.open',
    'emergency_shell.request',
    'terminal.break_glass',
    'terminal.extend',
    'terminal.watch',
    'terminal.end',
    'terminal.replay',
    'terminal.read',
    'pod.recycle',
    'pod.read',
  ],
  project: [
    'project.update',
    'project.archive',
    'project.pin',
    'project.read',
    'project.list',
    'provision.read',
    'grant.manage',
    'grant.read',
    'audit.read',
    'why.read_others',
  ],
} as const satisfies Record<string, readonly PolicyAction[]>

/** Asked about without a project. */
export const ANYWHERE = {
  bringing: ['project.request', 'project.create', 'intake.manage'],
  brake: ['brake.pull', 'brake.release', 'brake.read'],
  administration: [
    'user.manage',
    'environment.manage',
    'cluster.manage',
    'integration.manage',
    'standard.manage',
    'hosts.manage',
    'hosts_token.manage',
    'first_hour.read',
  ],
  reading: ['catalog.read', 'standard.read', 'environment.read', 'cluster.read', 'person.read'],
  own: [
    'inbox.read',
    'hints.subscribe',
    'me.read',
    'me.update',
    'token.manage',
    'session.manage',
    'session.create',
    'session.end',
    'account_link.use',
    'why.read',
  ],
} as const satisfies Record<string, readonly PolicyAction[]>

export const SUBJECTS = { ...IN_PROJECT, ...ANYWHERE }

const IN_PROJECT_ACTIONS: readonly PolicyAction[] = Object.values(IN_PROJECT).flat()
export const POLICY_ACTIONS: readonly PolicyAction[] = [...IN_PROJECT_ACTIONS, ...Object.values(ANYWHERE).flat()]

export const needsProject = (action: PolicyAction): boolean => IN_PROJECT_ACTIONS.includes(action)

/** What a link asks about; a release when it names nothing there is. */
export const actionOf = (text: string | undefined): PolicyAction =>
  POLICY_ACTIONS.find((one) => one === text) ?? 'release.request'
