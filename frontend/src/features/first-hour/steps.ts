/** The ten steps and the page that does each. Pure: what is done comes from the portal. */

export const STEPS = [
  'gitlab',
  'jenkins',
  'registry',
  'cluster',
  'environment',
  'language',
  'project',
  'people',
  'workload',
  'first_release',
] as const
export type StepName = (typeof STEPS)[number]
export const isStep = (name: string): name is StepName => (STEPS as readonly string[]).includes(name)

/** The first that is open; null when all are done. */
export const nextStep = (steps: { name: string; done: boolean }[]): string | null =>
  steps.find((step) => !step.done)?.name ?? null

type To =
  | '/admin/integrations'
  | '/admin/clusters'
  | '/admin/environments'
  | '/admin/languages'
  | '/projects/direct'
  | '/projects'
  | '/tickets'
  | '/admin/people'
  | '/p/$project/settings/$tab'
  | '/p/$project/releases/new'
export type Where = {
  to: To
  params?: { project?: string; tab?: string }
  search?: { kind?: 'gitlab' | 'jenkins' | 'registry' }
}

/** Where a step is done. What lies inside a project leads to the first one, or to the list while there is none. */
export function whereOf(name: StepName, project: string | undefined, done = false): Where {
  switch (name) {
    case 'gitlab':
    case 'jenkins':
    case 'registry':
      return { to: '/admin/integrations', search: { kind: name } }
    case 'cluster':
      return { to: '/admin/clusters' }
    case 'environment':
      return { to: '/admin/environments' }
    case 'language':
      return { to: '/admin/languages' }
    case 'project':
      return { to: done ? '/projects' : '/projects/direct' }
    case 'people':
      return project ? { to: '/p/$project/settings/$tab', params: { project, tab: 'people' } } : { to: '/admin/people' }
    case 'workload':
      return project ? { to: '/p/$project/settings/$tab', params: { project, tab: 'resources' } } : { to: '/projects' }
    case 'first_release':
      return project && !done
        ? { to: '/p/$project/releases/new', params: { project } }
        : { to: done ? '/tickets' : '/projects' }
  }
}
