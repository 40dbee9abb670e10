/** What is open on the release page, all of it in the address: step, build, find, wrap, tab, verdict, log lines. */
import { getRouteApi, useLocation } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import type { LineRange } from '@/components/log/LogViewer'
import type { RailTab } from './Rail'

const route = getRouteApi('/inside/p/$project/releases/$tag')
const LINES = /^L(\d{1,9})(?:-L(\d{1,9}))?$/

export function linesOf(hash: string): LineRange | null {
  const found = LINES.exec(hash)
  if (!found) return null
  const from = Number(found[1])
  const to = Number(found[2] ?? found[1])
  return from > 0 ? { from: Math.min(from, to), to: Math.max(from, to) } : null
}

type Change = { [K in keyof ReturnType<typeof route.useSearch>]?: ReturnType<typeof route.useSearch>[K] | undefined }

export function usePlace() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const hash = useLocation({ select: (location) => location.hash })
  const lines = useMemo(() => linesOf(hash), [hash])

  const change = useCallback(
    (part: Change, to?: string) =>
      void navigate({
        search: (old) => ({ ...old, ...part }),
        hash: to ?? true,
        replace: true,
        resetScroll: false,
        hashScrollIntoView: false,
      }),
    [navigate],
  )
  const setLines = useCallback(
    ({ from, to }: LineRange) => change({}, from === to ? `L${from}` : `L${from}-L${to}`),
    [change],
  )
  const tab: RailTab = search.tab === 'deployments' || search.tab === 'verdicts' ? search.tab : 'commits'
  return {
    step: search.step,
    build: search.build,
    query: search.q ?? '',
    wrap: search.wrap === true,
    tab,
    verdict: search.verdict,
    lines,
    setLines,
    goToLine: useCallback((line: number) => setLines({ from: line, to: line }), [setLines]),
    toggleStep: (key: string) => change({ step: search.step === key ? undefined : key }),
    setBuild: (build: number) => change({ build }, ''),
    setQuery: useCallback((q: string) => change({ q: q || undefined }), [change]),
    setWrap: (wrap: boolean) => change({ wrap: wrap || undefined }),
    setTab: (next: RailTab) => change({ tab: next === 'commits' ? undefined : next }),
    openVerdict: (verdict: string) => change({ verdict }),
    closeVerdict: useCallback(() => change({ verdict: undefined }), [change]),
  }
}

export type Place = ReturnType<typeof usePlace>
