/** The link of a live shell, kept while its page is there, and the session's own page kept in step with it. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Screen } from '@/components/terminal/screen'
import { ApiError } from '@/lib/api/errors'
import { newClaim } from '@/lib/api/terminals'
import { useStore } from '@/lib/store'
import { TerminalLink, type LinkState } from '@/lib/terminal/link'
import { takeClaim } from './claims'

const socketUrl = (id: number) =>
  `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/terminals/${id}/`

/** No answer, or a server in trouble: asking again can help. A refusal stays one. */
export const mayRetry = (error: unknown): boolean =>
  !(error instanceof ApiError) || error.isNetwork || error.status >= 500 || error.status === 429

export function useShell(id: number) {
  const client = useQueryClient()
  const [link] = useState(
    () =>
      new TerminalLink({
        url: socketUrl(id),
        claim: takeClaim(id),
        newClaim: () => newClaim(id),
        mayRetry,
      }),
  )
  const [screen, setScreen] = useState<Screen | null>(null)
  const state: LinkState = useStore(link.state)
  useEffect(() => {
    if (!screen) return undefined
    link.start({
      size: () => ({ cols: screen.term.cols, rows: screen.term.rows }),
      take: (bytes, done, again) => screen.take(bytes, done, again),
    })
    screen.term.focus()
    return () => link.stop()
  }, [link, screen])
  const { phase } = state
  useEffect(() => {
    if (phase !== 'connecting') void client.invalidateQueries({ queryKey: ['terminal', id] })
    if (phase === 'ended') void client.invalidateQueries({ queryKey: ['terminals'] })
  }, [client, id, phase])
  return { link, state, onReady: setScreen }
}
