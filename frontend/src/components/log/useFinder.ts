/** Keeps a search going while lines arrive, a slice per turn, so that neither typing nor scrolling waits for it. */
import { useEffect, useState } from 'react'
import { Finder } from './find'
import type { LogStore } from './store'

export type Found = { query: string; lines: readonly number[]; isDone: boolean }
const NOTHING: Found = { query: '', lines: [], isDone: true }

export function useFinder(store: LogStore, query: string, version: number): Found {
  const [holder] = useState<{ finder: Finder | null }>(() => ({ finder: null }))
  const [found, setFound] = useState<Found>(NOTHING)
  useEffect(() => {
    if (query === '') return undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const turn = () => {
      if (holder.finder?.query !== query) holder.finder = new Finder(query)
      const isMore = holder.finder.advance(store)
      setFound({ query, lines: [...holder.finder.lines], isDone: !isMore })
      if (isMore) timer = setTimeout(turn)
    }
    timer = setTimeout(turn)
    return () => clearTimeout(timer)
  }, [holder, store, query, version])
  return query === '' ? NOTHING : found
}
