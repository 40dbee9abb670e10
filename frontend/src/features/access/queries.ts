/** What the form of project access asks while it is written. */
import { keepPreviousData, queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { problemOf } from '@/components/form/Field'
import { checkAccess, getOptions, getRepositories, type AccessCheck, type AccessForm } from '@/lib/api/access'
import type { ApiError } from '@/lib/api/errors'
import { useDebounced } from '@/lib/debounced'
import { isFilled, questionOf, type FieldName } from './model'

export const optionsQuery = queryOptions({
  queryKey: ['access', 'options'],
  queryFn: ({ signal }) => getOptions(signal),
  staleTime: 60_000,
})

export const repositoriesQuery = (gitlab: string, q: string) =>
  queryOptions({
    queryKey: ['access', 'repositories', gitlab, q],
    queryFn: ({ signal }) => getRepositories({ gitlab, q }, signal),
    enabled: gitlab !== '',
    staleTime: 60_000,
    retry: false,
  })

const PAUSE = 400
const LOOK = 3_000
/** An answer with the form that it is about. */
type Told = { of: AccessForm; answer: AccessCheck }

async function ask(question: string, more: { check_clone?: true } = {}, signal?: AbortSignal): Promise<Told> {
  const of = JSON.parse(question) as AccessForm
  return { of, answer: await checkAccess({ ...of, ...more }, signal) }
}

/** Asked when typing pauses; a clone check that runs is looked at again. What is told of a field holds for its value only. */
export function useCheck(form: AccessForm) {
  const client = useQueryClient()
  const now = questionOf(form)
  const text = JSON.stringify(now)
  const asked = useDebounced(text, PAUSE)
  const key = (question: string) => ['access', 'check', question]
  const query = useQuery({
    queryKey: key(asked),
    queryFn: ({ signal }) => ask(asked, {}, signal),
    enabled: form.slug !== '' || form.gitlab_path !== '',
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.answer.clone?.state === 'running' ? LOOK : false),
    retry: false,
  })
  const clone = useMutation<Told, ApiError, string>({
    mutationFn: (question) => ask(question, { check_clone: true }),
    onSuccess: (told, question) => client.setQueryData(key(question), told),
  })
  const told = query.data
  const holds = (...fields: FieldName[]): boolean =>
    told !== undefined && fields.every((field) => JSON.stringify(told.of[field]) === JSON.stringify(now[field]))
  return {
    query,
    answer: told?.answer,
    isBehind: asked !== text || query.isPlaceholderData,
    holds,
    /** of what is filled in; what is still missing is told at filing */
    problem: (field: FieldName): string | null =>
      isFilled(form, field) && holds(field) ? problemOf(told?.answer, field) : null,
    clone: { isPending: clone.isPending, error: clone.error, ask: () => clone.mutate(text) },
  }
}
export type Check = ReturnType<typeof useCheck>
