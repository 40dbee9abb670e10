/** A field of a form: its label above, its help and what the server refused under it. Knows no form library. */
import { CircleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { ApiError, FieldProblem } from '@/lib/api/errors'
import { fieldSentence, sentence } from '@/lib/i18n'
import css from './form.module.css'

/** The first sentence the server says about a field or a part of it (`contacts.0.name`); nested answers are looked through. */
export function problemOf(error: Pick<ApiError, 'fields'> | null | undefined, field: string): string | null {
  const fields = error?.fields ?? {}
  const part = Object.keys(fields).find((name) => name === field || name.startsWith(`${field}.`))
  const found = part === undefined ? null : first(fields[part])
  return found ? fieldSentence(found) : null
}

function first(value: unknown): FieldProblem | null {
  if (typeof value !== 'object' || value === null) return null
  if ('code' in value && typeof value.code === 'string') return value as FieldProblem
  for (const one of Object.values(value)) {
    const found = first(one)
    if (found) return found
  }
  return null
}

/** What the server refused that no field of the form shows. */
export function restOf(error: ApiError | null | undefined, shown: readonly string[]): string | null {
  if (!error) return null
  const fields = Object.keys(error.fields ?? {})
  const isShown = (field: string) => shown.includes(field) || shown.includes(field.split('.')[0] ?? '')
  if (fields.length && fields.every(isShown)) return null
  const other = fields.find((field) => !isShown(field))
  return (other && problemOf(error, other)) || sentence(error)
}

type Props = {
  id: string
  label: ReactNode
  children: ReactNode
  help?: ReactNode
  problem?: string | null
  optional?: boolean
  wide?: boolean
  /** several controls under one label; `id` is then the first one's */
  group?: boolean
}

/** `id` is the control's; its text is bound by `describedBy(id)`. */
export function Field({ id, label, children, help, problem, optional = false, wide = false, group = false }: Props) {
  const { t } = useTranslation()
  const Label = group ? 'div' : 'label'
  const many = group && { role: 'group', 'aria-labelledby': `${id}-label`, 'aria-describedby': `${id}-text` }
  return (
    <div className={`${css.field} ${wide ? css.wide : ''}`} {...many}>
      <Label htmlFor={group ? undefined : id} id={`${id}-label`} className={css.label}>
        {label}
        {optional && <span className="t3"> {t('optional')}</span>}
      </Label>
      {children}
      <div id={`${id}-text`} className={problem ? css.problem : css.help} aria-live="polite">
        {problem ? (
          <>
            <CircleAlert size={13} aria-hidden /> {problem}
          </>
        ) : (
          help
        )}
      </div>
    </div>
  )
}

export const describedBy = (id: string) => ({ id, 'aria-describedby': `${id}-text` })
