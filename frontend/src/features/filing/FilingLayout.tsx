/** The screen all three filings share: head, fields, rail, and the act at the rail's foot. Decides nothing. */
import { CircleX } from 'lucide-react'
import { useId, type ReactNode } from 'react'
import { PageTitle } from '@/components/Page'
import css from './filing.module.css'

type Props = {
  title: string
  meta?: ReactNode
  children: ReactNode
  rail: ReactNode
  trouble?: ReactNode
  act: ReactNode
}

export function FilingLayout({ title, meta, children, rail, trouble, act }: Props) {
  return (
    <form className={css.page} onSubmit={(event) => event.preventDefault()} noValidate>
      <div className={css.head}>
        <PageTitle title={title} />
        {meta && <span className="t3 s12">{meta}</span>}
      </div>
      <div className={css.columns}>
        <div className={css.form}>
          <div className={css.fields}>{children}</div>
        </div>
        <div className={css.rail}>
          {rail}
          {trouble && <div className={css.barError}>{trouble}</div>}
          <div className={css.bar}>{act}</div>
        </div>
      </div>
    </form>
  )
}

type FieldProps = {
  label: string
  aside?: ReactNode
  help?: ReactNode
  problem?: string | null
  children: (ids: { id: string; describedBy: string | undefined; invalid: boolean }) => ReactNode
}

/** A label, its control, and under it what is wrong, else what helps. */
export function Field({ label, aside, help, problem, children }: FieldProps) {
  const id = useId()
  const under = `${id}-under`
  return (
    <div className={css.field}>
      <div className={css.label}>
        <label htmlFor={id}>{label}</label>
        {aside && <span className={css.help}>{aside}</span>}
      </div>
      {children({ id, describedBy: problem || help ? under : undefined, invalid: Boolean(problem) })}
      <div id={under} aria-live="polite">
        {problem ? <Wrong>{problem}</Wrong> : help ? <span className={css.help}>{help}</span> : null}
      </div>
    </div>
  )
}

export function Wrong({ children }: { children: ReactNode }) {
  return (
    <span className={css.wrong}>
      <CircleX size={14} aria-hidden />
      <span>{children}</span>
    </span>
  )
}

type ChoiceProps = {
  name: string
  value: string
  checked: boolean
  onChoose: (value: string) => void
  children: ReactNode
}

/** One radio as a card. */
export function Choice({ name, value, checked, onChoose, children }: ChoiceProps) {
  return (
    <label className={css.choice}>
      <input type="radio" name={name} value={value} checked={checked} onChange={() => onChoose(value)} />
      <span className={css.choiceBody}>{children}</span>
    </label>
  )
}

export function Choices({ label, aside, children }: { label: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <fieldset className={css.field}>
      <legend className={css.label}>
        {label}
        {aside && <span className={css.help}>{aside}</span>}
      </legend>
      <div className={css.choices}>{children}</div>
    </fieldset>
  )
}
