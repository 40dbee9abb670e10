/** What every section of the form is given: the draft, a way to change it, and what is wrong with a field. */
import type { AccessForm, AccessOptions } from '@/lib/api/access'
import type { Draft, FieldName } from './model'
import type { Check } from './queries'

export type Part = {
  draft: Draft
  form: AccessForm
  set: (part: Partial<Draft>, field: FieldName) => void
  problem: (field: FieldName) => string | null
  options: AccessOptions | undefined
  check: Check
}

/** Where the focus goes for a field that is wrong. */
export const elementOf = (field: FieldName): string => (field === 'slug' ? 'business' : field)
