/** A label, an input and what is wrong with it, tied together for screen readers. Passwords can be shown. */
import { Input, type InputRef } from 'antd'
import { CircleAlert, Eye, EyeOff } from 'lucide-react'
import { useId, useState, type ReactNode, type Ref } from 'react'
import { useTranslation } from 'react-i18next'
import css from './auth.module.css'

type Props = {
  label: string
  value: string
  onChange: (value: string) => void
  autoComplete: string
  secret?: boolean
  error?: ReactNode
  hint?: ReactNode
  autoFocus?: boolean
  inputRef?: Ref<InputRef>
}

export function Field({
  label,
  value,
  onChange,
  autoComplete,
  secret = false,
  error,
  hint,
  autoFocus,
  inputRef,
}: Props) {
  const { t } = useTranslation('auth')
  const id = useId()
  const [shown, setShown] = useState(false)
  const said = [error ? `${id}e` : '', hint ? `${id}h` : ''].filter(Boolean).join(' ') || undefined
  return (
    <div className={css.field}>
      <label htmlFor={id} className={css.label}>
        {label}
      </label>
      <Input
        id={id}
        ref={inputRef}
        size="large"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        type={secret && !shown ? 'password' : 'text'}
        autoComplete={autoComplete}
        autoFocus={autoFocus}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        maxLength={256}
        status={error ? 'error' : ''}
        aria-invalid={error ? true : undefined}
        aria-describedby={said}
        suffix={
          secret ? (
            <Reveal shown={shown} onChange={setShown} label={shown ? t('password.hide') : t('password.show')} />
          ) : undefined
        }
      />
      {hint && (
        <p id={`${id}h`} className={css.hint}>
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}e`} className={css.wrong} role="alert">
          <CircleAlert size={14} aria-hidden />
          {error}
        </p>
      )}
    </div>
  )
}

function Reveal({ shown, onChange, label }: { shown: boolean; onChange: (shown: boolean) => void; label: string }) {
  const Icon = shown ? EyeOff : Eye
  return (
    <button type="button" className={css.reveal} onClick={() => onChange(!shown)} aria-label={label} title={label}>
      <Icon size={16} aria-hidden />
    </button>
  )
}
