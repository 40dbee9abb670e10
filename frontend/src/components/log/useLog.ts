/** Reads a build's log to its present end, and on when hints or the clock say so. What was read is never read twice. */
import { useQuery } from '@tanstack/react-query'
import { useState, useSyncExternalStore } from 'react'
import { api, body } from '@/lib/api/client'
import { LogStore } from './store'

const LIVE_EVERY = 2000

async function readOn(store: LogStore, buildId: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const offset = store.nextOffset
    const piece = await body(
      api.GET('/api/v1/builds/{build_id}/log', { params: { path: { build_id: buildId }, query: { offset } }, signal }),
    )
    store.append(piece)
    // Also ends when the server gives nothing new: asking again at once would turn in a circle.
    if (store.nextOffset === offset || store.nextOffset >= piece.size) return
  }
}

/** One store per mounted viewer; the viewer is keyed by its build. */
export function useLog(buildId: number) {
  const [store] = useState(() => new LogStore())
  const version = useSyncExternalStore(store.subscribe, store.getVersion)
  const query = useQuery({
    queryKey: ['log', buildId],
    queryFn: async ({ signal }) => {
      await readOn(store, buildId, signal)
      return { size: store.size, complete: store.isComplete }
    },
    gcTime: 0,
    staleTime: 0,
    retry: 1,
    refetchInterval: () => (store.isComplete ? false : LIVE_EVERY),
  })
  return { store, version, query }
}
