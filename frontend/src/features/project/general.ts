/** The general settings as they are typed, and what of them is sent: only the fields that were changed. Pure. */
import { runningOf, sentOf, type RunningDraft } from '@/components/form/running'
import type { Schemas } from '@/lib/api/client'
import type { Project } from './settingsProject'

type Contacts = Schemas['ContactRequest'][]
export type General = RunningDraft & {
  name: string
  description: string
  contacts: Contacts
  alarm_contacts: Contacts
}

export const formOf = (project: Project): General => ({
  name: project.name,
  description: project.description,
  contacts: project.contacts,
  alarm_contacts: project.alarm_contacts,
  ...runningOf(project),
})

export function sentFields(form: General, fields: (keyof General)[]): Schemas['PatchedProjectChangeRequest'] {
  const sent = { ...form, ...sentOf(form) }
  return Object.fromEntries(fields.map((field) => [field, sent[field]]))
}
