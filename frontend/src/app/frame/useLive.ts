/** Keeps the socket of hints open while somebody is signed in, and turns each hint into questions. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { sessionLost } from '@/lib/api/session'
import { invalidateAll, invalidateFor } from '@/lib/live/invalidate'
import { HintSocket } from '@/lib/live/socket'
import { useStore } from '@/lib/store'

export function useLive(): void {
  const client = useQueryClient()
  const lost = useStore(sessionLost)
  useEffect(() => {
    if (lost) return undefined
    const socket = new HintSocket(
      (hint) => void invalidateFor(client, hint),
      () => invalidateAll(client),
    )
    socket.start()
    return () => socket.stop()
  }, [client, lost])
}
