/** Counts a refusal's waiting time down; what is refused is not sent again before its time. */
import { useState } from 'react'
import { ApiError } from '@/lib/api/errors'
import { sentence } from '@/lib/i18n'
import { useNow } from '@/lib/time'

/** A refusal as it is now: its sentence, and how long to wait. */
export function useRefusal(): {
  text: string | null
  waiting: boolean
  show: (error: unknown) => void
  clear: () => void
} {
  const [refusal, setRefusal] = useState<{ error: ApiError; until: number } | null>(null)
  const now = useNow(500)
  const show = (error: unknown) => {
    if (!(error instanceof ApiError)) throw error
    const seconds = error.retryAfter ?? (error.status === 429 ? Number(error.params.seconds) || 0 : 0)
    setRefusal({ error, until: error.status === 429 ? Date.now() + seconds * 1000 : 0 })
  }
  const clear = () => setRefusal(null)
  if (!refusal) return { text: null, waiting: false, show, clear }
  const { error, until } = refusal
  if (!until) return { text: sentence(error), waiting: false, show, clear }
  const left = Math.ceil((until - now) / 1000)
  if (left <= 0) return { text: null, waiting: false, show, clear }
  return {
    text: sentence({ ...error, code: error.code, params: { ...error.params, seconds: left } }),
    waiting: true,
    show,
    clear,
  }
}
