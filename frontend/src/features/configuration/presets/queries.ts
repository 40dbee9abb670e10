/** Presets of the project and of its language: read, saved, deleted. Keeps no document. */
import { queryOptions, skipToken, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, body, type Schemas } from '@/lib/api/client'
import type { ApiError } from '@/lib/api/errors'
import { projectQuery } from '@/lib/api/queries'

export type Preset = Schemas['Preset']
export type NewPreset = Schemas['NewPresetRequest']
const KEY = 'configuration-presets'

const presetsQuery = (query: { project: string; language: string } | null) =>
  queryOptions({
    queryKey: [KEY, query],
    queryFn: query
      ? ({ signal }) =>
          body(api.GET('/api/v1/configuration-presets/', { params: { query: { ...query, limit: 200 } }, signal }))
      : skipToken,
    staleTime: 10_000,
  })

/** Those a form of this project may begin with, and the language whose they may be. */
export function usePresets(project: string) {
  const language = useQuery(projectQuery(project)).data?.language
  const found = useQuery(presetsQuery(language ? { project, language } : null))
  return { language, rows: found.data?.results, error: found.error, refetch: found.refetch }
}

export function useSavePreset(onSaved: (preset: Preset) => void) {
  const client = useQueryClient()
  return useMutation<Preset, ApiError, NewPreset>({
    mutationFn: (preset) => body(api.POST('/api/v1/configuration-presets/', { body: preset })),
    onSuccess: async (preset) => {
      await client.invalidateQueries({ queryKey: [KEY] })
      onSaved(preset)
    },
  })
}

export function useDeletePreset(onDeleted: (preset: Preset) => void) {
  const client = useQueryClient()
  return useMutation<unknown, ApiError, Preset>({
    mutationFn: ({ id }) =>
      body(api.DELETE('/api/v1/configuration-presets/{preset_id}/', { params: { path: { preset_id: id } } })),
    onSuccess: async (_, preset) => {
      await client.invalidateQueries({ queryKey: [KEY] })
      onDeleted(preset)
    },
  })
}

/** What saves a deleted one again. */
export const asNew = ({ name, scope, project, language, document }: Preset): NewPreset => ({
  name,
  scope,
  document,
  ...(scope === 'project' ? { project: project ?? '' } : { language: language ?? '' }),
})
