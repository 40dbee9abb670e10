/** What the sections share: a labelled field, a group with its heading, and Save, which appears with the first change. */
import { CircleX } from 'lucide-react'
import { useId, type ReactNode } from 'react'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { KeyButton } from '@/components/Key'
import { RegionError } from '@/components/states'
import type { ApiError } from '@/lib/api/errors'
import css from './settings.module.css'

export function Group({ title, note, children }: { title?: string; note?: ReactNode; children: ReactNode }) {
  return (
    <section className={css.group}>
      {title && <h2>{title}</h2>}
      {note && <p className="t2">{note}</p>}
      {children}
    </section>
  )
}

type FieldProps = {
  label: string
  help?: ReactNode
  problem?: string | null
  children: (ids: { id: string; 'aria-describedby'?: string }) => ReactNode
}

export function Field({ label, help, problem, children }: FieldProps) {
  const id = useId()
  const under = `${id}-under`
  return (
    <div className={css.field}>
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': help || problem ? under : undefined })}
      {(problem || help) && (
        <div id={under} className={css.help} aria-live="polite">
          {problem ? (
            <span className={css.wrong}>
              <CircleX size={14} aria-hidden />
              <span>{problem}</span>
            </span>
          ) : (
            help
          )}
        </div>
      )}
    </div>
  )
}

type SaveProps = {
  shown: boolean
  busy: boolean
  error: ApiError | null
  label?: string
  onSave: () => void
  onCancel: () => void
}

export function SaveBar({ shown, busy, error, label, onSave, onCancel }: SaveProps) {
  const { t } = useTranslation()
  if (!shown) return null
  return (
    <>
      {error && !error.fields && <RegionError error={error} />}
      <div className={css.save}>
        <KeyButton type="primary" shortcut="ctrl+enter" loading={busy ? { delay: 300 } : false} onPress={onSave}>
          {label ?? t('save')}
        </KeyButton>
        <Button onClick={onCancel}>{t('cancel')}</Button>
      </div>
    </>
  )
}
