/** The way from the document to its ticket: what stands in it, worst first, and where the one button leads. */
import { useRef } from 'react'
import { useKey } from '@/lib/keys'
import { goTo } from './goTo'
import { stopsOf, tallyOf } from './model/findings'
import type { Preview } from './queries'
import { refusalsOf } from './rail/Clusters'
import type { Page } from './useDocument'

type Region = 'overtaken' | 'quota' | 'clusters'

/** The region of the page that tells what no field can mend; null: none does. */
function regionOf(preview: Preview | null, isOvertaken: boolean): Region | null {
  if (isOvertaken) return 'overtaken'
  const clusters = preview?.clusters ?? []
  if (clusters.some((one) => one.quotas.some((quota) => quota.shortfalls.length))) return 'quota'
  return refusalsOf(clusters).length || (preview && !clusters.length) ? 'clusters' : null
}

export function useWay({ form, findings, places, preview }: Page, isOvertaken: boolean, onFree: () => void) {
  const at = useRef(-1)
  const stops = stopsOf(form.problems, form.findings, form.explanations, places)
  const tally = tallyOf(findings, form.explanations)
  const wrong = [...form.problems.values()].reduce((sum, list) => sum + list.length, 0)
  const region = regionOf(preview.good, isOvertaken)
  const next = () => {
    at.current = (at.current + 1) % Math.max(1, stops.length)
    const stop = stops[at.current]
    if (stop) goTo.stop(stop)
    else goTo.element(region)
  }
  const press = () => {
    if (stops[0]) goTo.stop(stops[0])
    else if (region) goTo.element(region)
    else onFree()
  }
  useKey('alt+arrowdown', next, { always: true })
  const toFix = tally.deny + wrong
  const isFree = !stops.length && !region
  const act: 'fix' | 'explain' | 'review' = toFix || region ? 'fix' : isFree ? 'review' : 'explain'
  return { act, isFree, region, count: stops.length, toFix, toExplain: tally.warn, next, press }
}
export type Way = ReturnType<typeof useWay>
