/** One's own account, changed here and then everywhere on the page. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, body, type Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { meQuery } from '@/lib/api/queries'

/** Changes the account; what it answers is the account everywhere at once. */
export function useChangeAccount(onSaved?: () => void) {
  const client = useQueryClient()
  const mutation = useMutation({
    mutationFn: (change: Schemas['PatchedMeRequest']) => body(api.PATCH('/api/v1/me', { body: change })),
    onSuccess: (account) => {
      client.setQueryData(meQuery.queryKey, account)
      onSaved?.()
    },
  })
  return {
    change: mutation.mutate,
    isPending: mutation.isPending,
    error: mutation.error ? asApiError(mutation.error) : null,
  }
}
