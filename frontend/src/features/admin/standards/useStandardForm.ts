/** The form of one standard: edits over the saved row, kept as a draft; trying and saving them. Draws nothing. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, body } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { useDraft } from '@/lib/drafts'
import { useMe } from '@/lib/me'
import { changed } from '../parts/edits'
import { changeOf, valuesOf, type Change, type Standard, type Values } from './model'
import { standardsQuery } from './queries'

const pathOf = (standard: Standard) => ({ path: { standard_id: standard.id } })

export function useStandardForm(standard: Standard) {
  const client = useQueryClient()
  const me = useMe()
  const draft = useDraft<Values>(me.id, `standard.${standard.id}`, {})
  const [isRestored, setRestored] = useState(draft.restored)
  const initial = valuesOf(standard)
  const changes = changed<Values>(initial, draft.value)
  const change = changeOf(standard, changes)
  const forget = () => {
    draft.change({})
    draft.clear()
    setRestored(false)
  }
  const attempt = useMutation({
    mutationFn: (wanted: Change) =>
      body(api.POST('/api/v1/standards/{standard_id}/try', { params: pathOf(standard), body: wanted })),
  })
  const save = useMutation({
    mutationFn: (wanted: Change) =>
      body(api.PATCH('/api/v1/standards/{standard_id}/', { params: pathOf(standard), body: wanted })),
    onMutate: () => attempt.reset(),
    onSuccess: (saved) => {
      client.setQueryData(standardsQuery.queryKey, (old) => old?.map((one) => (one.id === saved.id ? saved : one)))
      forget()
      return client.invalidateQueries({ queryKey: ['standards'] })
    },
  })
  /** An answer is about what was asked: after another change it is none any more. */
  const isCurrent = JSON.stringify(attempt.variables) === JSON.stringify(change)
  const refused = save.error ?? (isCurrent ? attempt.error : null)
  return {
    initial,
    values: { ...initial, ...draft.value } as Values,
    changes,
    dirty: Object.keys(changes).length > 0,
    isRestored,
    set: (name: string, value: Values[string]) => draft.change((old) => ({ ...old, [name]: value })),
    reset: () => {
      forget()
      save.reset()
      attempt.reset()
    },
    error: refused ? asApiError(refused) : null,
    impact: isCurrent ? attempt.data : undefined,
    attempt: () => {
      save.reset()
      attempt.mutate(change)
    },
    attemptError: isCurrent ? attempt.error : null,
    isTrying: attempt.isPending,
    save: () => save.mutate(change),
    saveError: save.error,
    isSaving: save.isPending,
  }
}

export type StandardForm = ReturnType<typeof useStandardForm>
