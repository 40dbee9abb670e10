/** The key of a variable that comes from the portal's own Secret: one of those a value is held for. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Frame, useField, type FieldProps } from '../form/Fields'
import { valueAt } from '../model/document'
import { heldQuery } from './queries'
import css from '../form/form.module.css'

/** Of `/secrets/2/key`, whether that entry names no Secret of the namespace. */
export function isOwnKey(pointer: string, document: unknown): boolean {
  const entry = /^(\/secrets\/\d+)\/key$/.exec(pointer)?.[1]
  return Boolean(entry) && !valueAt(document, `${entry}/secret`)
}

export function OwnKey({ pointer, node, label }: FieldProps) {
  const { t } = useTranslation('configuration')
  const { form, shown, control } = useField(pointer)
  const found = useQuery(heldQuery(form.which))
  const keys = (found.data?.results ?? []).filter((one) => !one.is_pull_secret).map((one) => one.key)
  const chosen = typeof shown === 'string' ? shown : ''
  return (
    <Frame pointer={pointer} node={node} label={label}>
      <select
        {...control}
        className={css.select}
        value={chosen}
        onChange={(event) => form.change(pointer, event.target.value)}
      >
        {!keys.includes(chosen) && (
          <option value={chosen}>{chosen ? t('secret.not_held', { name: chosen }) : t('secret.choose')}</option>
        )}
        {keys.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </Frame>
  )
}
