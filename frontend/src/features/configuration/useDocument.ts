/**
 * The document on the form: the draft, the preview the server gives of it, and how fields change it.
 * The server judges; here nothing is decided but the shape.
 */
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { notify } from '@/components/notify'
import { useDebounced } from '@/lib/debounced'
import { useDraft } from '@/lib/drafts'
import type { Reason } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import type { FormState } from './form/context'
import { words } from './form/context'
import { firstPort, probeOf, withType } from './form/probes'
import { over, placed, valueAt, withChanges, type Doc } from './model/document'
import { byPlace, metNow, placesOf, problemsByPlace, problemsOf, type Finding } from './model/findings'
import { isPlain, type Node } from './model/schema'
import { shapeProblems } from './model/shape'
import {
  previewQuery,
  schemaQuery,
  type Asked,
  type Preview,
  type Proposal,
  type Which,
  type Workload,
} from './queries'

const PAUSE = 250

export const workloadOf = (document: Doc): Workload =>
  document.workload === 'worker' || document.workload === 'cron' ? document.workload : 'service'

/** Where the draft lies: one for each thing it may have begun with. */
export const draftName = ({ project, environment, name }: Which, start: string): string =>
  `configuration.${project}.${environment}.${name}.${start}`

/** What the last good preview said, kept while a newer one is asked for or refused. */
function usePreview(which: Which, { document, based_on, take_over }: Proposal, mayAsk: boolean) {
  // What may not be asked is paused like the rest: else a wrong document is asked for a moment after it is mended.
  const text = mayAsk ? JSON.stringify({ ...which, document, based_on, take_over }) : 'null'
  const asked = useDebounced(text, PAUSE)
  const query = useQuery(previewQuery(JSON.parse(asked) as Asked | null))
  const [good, setGood] = useState<Preview | null>(null)
  if (query.data && query.data !== good) setGood(query.data)
  const isBehind = asked !== text || query.isFetching
  return { good, error: query.error, isBehind }
}

/** Findings that were shown on this visit; what was mended keeps its tick. */
function useSeen(findings: readonly Finding[]): Finding[] {
  const [seen, setSeen] = useState<Finding[]>([])
  const fresh = findings.filter((one) => !seen.some((old) => old.standard === one.standard && old.field === one.field))
  if (fresh.length) setSeen([...seen, ...fresh])
  return seen
}

const NONE: Finding[] = []

/** `begun`: what the form begins with, and the document that makes as a whole. */
export function useDocument(which: Which, start: string, begun: [initial: Proposal, computed: Doc], disabled: boolean) {
  const { t } = useTranslation(['configuration', 'common'])
  const draft = useDraft<Proposal>(useMe().id, draftName(which, start), begun[0])
  const { document, explanations } = draft.value
  const schema = useQuery(schemaQuery(which, workloadOf(document)))
  const node: Node = schema.data ?? {}
  const shape = useMemo(
    () => (schema.data ? shapeProblems(document, schema.data, (one) => words(one.title)) : {}),
    [document, schema.data],
  )
  const isWrong = Object.keys(shape).length > 0
  const preview = usePreview(which, draft.value, Boolean(schema.data) && !isWrong && !disabled)
  const computed = preview.good?.document ?? begun[1]
  const shown = useMemo(() => over(document, computed), [document, computed])
  const findings: Finding[] = preview.good?.findings ?? NONE
  const seen = useSeen(findings)
  const [focused, setFocused] = useState('')
  const refused = isWrong || !preview.error || preview.isBehind ? null : preview.error
  const places = useMemo(() => placesOf(schema.data ?? {}, shown), [schema.data, shown])
  const problems = useMemo(
    () => problemsByPlace([shape, problemsOf(refused?.fields)], places),
    [shape, refused, places],
  )
  const change = (pointer: string, value: unknown) => {
    const probe = probeOf(pointer)
    const asked = probe ? valueAt(shown, probe) : null
    if (probe && isPlain(asked) && typeof value === 'string')
      draft.change((old) => ({
        ...old,
        document: placed(old.document, probe, withType(asked, value, firstPort(shown)), node, computed),
      }))
    else draft.change((old) => ({ ...old, document: placed(old.document, pointer, value, node, computed) }))
  }
  const undo = (back: { path: string; value?: unknown }[]) =>
    draft.change((old) => ({
      ...old,
      document: back.reduce((next, { path, value }) => placed(next, path, value, node, computed), old.document),
    }))
  const use = (finding: Finding) => {
    const [next, back] = withChanges(document, finding.suggestion, node, computed)
    draft.change((old) => ({ ...old, document: next }))
    notify(t('used', { standard: finding.standard }), { label: t('common:undo'), run: () => undo(back) }, 8)
  }
  const form: FormState = {
    which,
    schema: node,
    document,
    shown,
    problems,
    findings: byPlace(findings, places),
    met: byPlace(metNow(seen, findings), places),
    explanations,
    disabled,
    change,
    use,
    explain: (standard, text) =>
      draft.change((old) => ({ ...old, explanations: { ...old.explanations, [standard]: text } })),
    focus: setFocused,
  }
  const trouble: Reason | null = isWrong ? { code: 'ui.shape_first' } : refused
  return { draft, schema, form, places, findings, focused, preview, trouble }
}
export type Page = ReturnType<typeof useDocument>

/** What is filed: the draft, with explanations of nothing but what still needs one. */
export function proposalOf({ draft, findings, form }: Page): Proposal {
  const explanations = Object.fromEntries(
    findings.flatMap(({ level, standard }) => {
      const text = form.explanations[standard]?.trim()
      return level === 'warn' && text ? [[standard, text]] : []
    }),
  )
  return { ...draft.value, note: draft.value.note.trim(), explanations }
}
