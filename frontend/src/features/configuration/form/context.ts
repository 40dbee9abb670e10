/** What every field of the form shares: the document, what is said about it, and how it is changed. Holds no state itself. */
import { createContext, use } from 'react'
import { useTranslation } from 'react-i18next'
import { sentence, type Reason } from '@/lib/i18n'
import type { Doc } from '../model/document'
import type { Finding } from '../model/findings'
import type { Node } from '../model/schema'
import type { Which } from '../queries'

export type FormState = {
  which: Which
  schema: Node
  /** what a person set */
  document: Doc
  /** that, over what the server computed */
  shown: unknown
  problems: ReadonlyMap<string, Reason[]>
  findings: ReadonlyMap<string, Finding[]>
  met: ReadonlyMap<string, Finding[]>
  explanations: Record<string, string>
  disabled: boolean
  change: (pointer: string, value: unknown) => void
  use: (finding: Finding) => void
  explain: (standard: string, text: string) => void
  focus: (pointer: string) => void
}

export const FormContext = createContext<FormState | null>(null)

export function useForm(): FormState {
  const form = use(FormContext)
  if (!form) throw new Error('a field stands outside of its form')
  return form
}

export const fieldId = (pointer: string): string => `cf${pointer.replaceAll('/', '.')}`

/** A title, help or unit of the schema in the language of the page; what ops wrote out themselves is taken as it stands. */
export const words = (code: string | undefined): string => (code ? sentence({ code, params: {}, detail: code }) : '')

/** "CPU limit, cores" */
export function labelOf(node: Node, comma: string): string {
  const unit = words(node['x-unit'])
  return [words(node.title), unit].filter(Boolean).join(comma)
}

export function useLabel(): (node: Node) => string {
  const { t } = useTranslation('configuration')
  return (node) => labelOf(node, t('comma'))
}
