/** Pulls a brake. The answer comes once the calls begun before have ended, at the latest after five seconds. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { notify } from '@/components/notify'
import { api, body, type Schemas } from '@/lib/api/client'
import { invalidateFor } from '@/lib/live/invalidate'
import { useScopeWord } from './say'

export function usePull(done: () => void) {
  const { t } = useTranslation('brakes')
  const scopeWord = useScopeWord()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (wish: Schemas['PullRequest']) => body(api.POST('/api/v1/brakes/', { body: wish })),
    onSuccess: (brake) => {
      notify(t('pulled', { where: scopeWord(brake.cluster) }))
      done()
    },
    // Also after a refusal: somebody else may have pulled it meanwhile.
    onSettled: () => invalidateFor(client, { what: 'brake', id: 0 }),
  })
}
