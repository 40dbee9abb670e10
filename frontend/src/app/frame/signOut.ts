/** Ends the session. The page is loaded anew, so nothing of the person stays in memory. */
import { useMutation } from '@tanstack/react-query'
import { api } from '@/lib/api/client'
import { ApiError } from '@/lib/api/errors'
import { sessionLeft } from '@/lib/api/session'

export function useSignOut() {
  return useMutation({
    mutationFn: async () => {
      try {
        await api.POST('/api/v1/logout')
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error
      }
    },
    onSuccess: () => {
      sessionLeft()
      location.assign('/sign-in')
    },
  })
}
