/** A write-only secret: who set it when, and a field only when it is to be replaced. It is never read back. */
import { Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe } from '@/lib/me'
import { absolute, dateOnly } from '@/lib/time'
import type { Control } from '../parts/form'
import type { Row } from './kinds'

type Props = {
  control: Control
  row: Row | null
  value: string
  onChange: (value: string) => void
  asked: boolean
  label: string
}

export function SecretField({ control, row, value, onChange, asked, label }: Props) {
  const { t } = useTranslation('admin')
  const zone = useMe().time_zone
  const [replacing, setReplacing] = useState(false)
  const setAt = row?.credential_set_at
  if (setAt && !replacing && !asked && !value) {
    return (
      <div className="row">
        <span title={absolute(setAt, zone)}>
          {row.credential_set_by
            ? t('secret.set_by', { date: dateOnly(setAt, zone), name: row.credential_set_by })
            : t('secret.set', { date: dateOnly(setAt, zone) })}
        </span>
        <Button
          size="small"
          id={control.id}
          aria-label={t('secret.replace_what', { what: label })}
          onClick={() => setReplacing(true)}
        >
          {t('secret.replace')}
        </Button>
      </div>
    )
  }
  return (
    <Input.Password
      {...control}
      className="mono"
      autoComplete="new-password"
      value={value}
      autoFocus={replacing}
      visibilityToggle={false}
      placeholder={setAt ? t('secret.new') : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}
