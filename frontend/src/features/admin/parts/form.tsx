/** The parts of every administration form: a field with its refusal, and the bar with the diff that comes with the first change. */
import { Button } from 'antd'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { describedBy, Field, restOf } from '@/components/form/Field'
import { KeyButton } from '@/components/Key'
import { markDifference, type Marked } from '@/components/ticket/diff'
import { asApiError } from '@/lib/api/errors'
import css from './form.module.css'

export type Control = { id: string; status?: 'error'; 'aria-invalid'?: true; 'aria-describedby': string }

type FieldProps = {
  label: string
  help?: ReactNode
  problem?: string | null
  optional?: boolean
  wide?: boolean
  children: (control: Control) => ReactNode
}

/** The shared field, with an id of its own and what its control needs to be bound to label and refusal. */
export function Labelled({ children, problem, ...rest }: FieldProps) {
  const id = useId()
  return (
    <Field {...rest} id={id} problem={problem}>
      {children({ ...describedBy(id), ...(problem ? { status: 'error', 'aria-invalid': true } : {}) })}
    </Field>
  )
}

export type DiffRow = { label: string; before: string | null; after: string | null }

function Side({ sign, text }: { sign: '+' | '-'; text: Marked }) {
  const { t } = useTranslation('admin')
  return (
    <div className={sign === '+' ? css.added : css.removed}>
      <span className={css.sign} role="img" aria-label={t(sign === '+' ? 'diff.after' : 'diff.before')}>
        {sign}
      </span>
      <span>
        {text.head}
        <mark>{text.mark}</mark>
        {text.tail}
      </span>
    </div>
  )
}

/** What saving would change, one block a field. */
export function FieldDiff({ rows }: { rows: DiffRow[] }) {
  const { t } = useTranslation('admin')
  return (
    <div className={css.diff} role="group" aria-label={t('diff.title')}>
      {rows.map(({ label, before, after }) => {
        const [old, next] = markDifference(before ?? '', after ?? '')
        return (
          <div key={label} className={css.diffRow}>
            <span className={css.diffLabel}>{label}</span>
            <div className="grow">
              {before !== null && <Side sign="-" text={old} />}
              {after !== null && <Side sign="+" text={next} />}
            </div>
          </div>
        )
      })}
    </div>
  )
}

type BarProps = {
  rows: DiffRow[]
  label: string
  onSave: () => void
  onReset: () => void
  pending: boolean
  error: unknown
  /** names of the fields that show their own refusal */
  fields: readonly string[]
  note?: ReactNode
}

/** Appears with the first change: the diff, then Save. A refusal leads to the first field it is about. */
export function SaveBar({ rows, label, onSave, onReset, pending, error, fields, note }: BarProps) {
  const { t } = useTranslation('admin')
  const refusal = error ? (restOf(asApiError(error), fields) ?? t('fields_refused')) : null
  const bar = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const wrong = error ? bar.current?.parentElement?.querySelector<HTMLElement>('[aria-invalid="true"]') : null
    wrong?.focus({ preventScroll: true })
    wrong?.scrollIntoView({ block: 'center' })
  }, [error])
  return (
    <div className={css.bar} ref={bar}>
      <FieldDiff rows={rows} />
      {note && <p className={css.note}>{note}</p>}
      {refusal && (
        <p className={css.refusal} role="alert">
          {refusal}
        </p>
      )}
      <div className={css.buttons}>
        <Button onClick={onReset} disabled={pending}>
          {t('discard')}
        </Button>
        <KeyButton type="primary" shortcut="ctrl+enter" onPress={onSave} loading={pending && { delay: 300 }}>
          {label}
        </KeyButton>
      </div>
    </div>
  )
}
