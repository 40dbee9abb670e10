/** Actions of the policy table (apps/policy/actions.py) that a person may ask about in a project. Names only; the server decides. */
export const PROJECT_ACTIONS = [
  'release.request',
  'promote.request',
  'roll_back.request',
  'configuration.propose',
  'verdict.give',
  'ticket.approve',
  'ticket.review',
  'ticket.retry',
  'ticket.cancel',
  'workload.adopt',
  'migration.change',
  'project.update',
  'grant.manage',
  'audit.read',
] as const

export type ProjectAction = (typeof PROJECT_ACTIONS)[number]
