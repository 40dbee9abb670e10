/** What the tabs of the project's settings share: who may change it, and sending a change. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, type Schemas } from '@/lib/api/client'
import type { ApiError } from '@/lib/api/errors'
import { useMe } from '@/lib/me'

export type Project = Schemas['Project']

/** As the policy table has it: project.update and grant.manage for owners and administrators. */
export function useMayChange(project: Project): boolean {
  const me = useMe()
  return project.is_owner || me.is_instance_admin
}

/** Everything below a project is asked again: its lists hang on it. */
export function useRefresh(slug: string) {
  const client = useQueryClient()
  return async () => {
    await Promise.all(
      [['project', slug], ['projects'], ['board', slug]].map((queryKey) => client.invalidateQueries({ queryKey })),
    )
  }
}

export function useChangeProject(slug: string, after?: () => void) {
  const refresh = useRefresh(slug)
  return useMutation<Project, ApiError, Schemas['PatchedProjectChangeRequest']>({
    mutationFn: (change) => body(api.PATCH('/api/v1/projects/{slug}/', { params: { path: { slug } }, body: change })),
    onSuccess: async () => {
      await refresh()
      after?.()
    },
  })
}
