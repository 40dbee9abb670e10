/** What may be asked about: acts in a project, and acts that need none. Their words are the settings page's where it has them. */

import { PROJECT_ACTIONS, type ProjectAction } from '@/lib/policy'

export const ANYWHERE = [
  'user.manage',
  'environment.manage',
  'cluster.manage',
  'integration.manage',
  'project.create',
] as const

/** The words of what only this page asks about. */
export const WORDS = {
  'user.manage': 'why.act.people',
  'environment.manage': 'why.act.environments',
  'cluster.manage': 'why.act.clusters',
  'integration.manage': 'why.act.integrations',
  'project.create': 'why.act.project',
} as const

export type GlobalAction = (typeof ANYWHERE)[number]
export type Action = ProjectAction | GlobalAction

export const isGlobal = (action: Action): action is GlobalAction => (ANYWHERE as readonly string[]).includes(action)
export const actionOf = (text: string | undefined): Action =>
  PROJECT_ACTIONS.find((one) => one === text) ?? ANYWHERE.find((one) => one === text) ?? 'release.request'
