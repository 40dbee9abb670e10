/** Enters one value, or the login images are pulled with. What is typed lies in this form alone: no draft, no cache, no echo. */
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describedBy, Field, problemOf, restOf } from '@/components/form/Field'
import { KeyButton } from '@/components/Key'
import { Segments } from '@/components/Segments'
import { RegionError } from '@/components/states'
import { TextArea, TextBox } from '@/components/TextBox'
import type { Which } from '../queries'
import { useSecretChange } from './queries'
import css from '../configuration.module.css'

type What = 'value' | 'pull'
const EMPTY = { key: '', value: '', registry: '', username: '', password: '' }
type Typed = typeof EMPTY
const ASKED: Record<What, readonly (keyof Typed)[]> = {
  value: ['key', 'value'],
  pull: ['registry', 'username', 'password'],
}
const HIDDEN: readonly string[] = ['value', 'password']

/** `name`: the key to replace the value of; empty: a new one. */
type Props = { which: Which; name: string; isPull: boolean }

export function SetValue({ which, name, isPull }: Props) {
  const { t } = useTranslation('configuration')
  const [what, setWhat] = useState<What>(isPull ? 'pull' : 'value')
  const [typed, setTyped] = useState<Typed>({ ...EMPTY, key: name })
  const [tried, setTried] = useState(false)
  const [saved, setSaved] = useState('')
  const first = useRef<HTMLInputElement & HTMLTextAreaElement>(null)
  const isReplacing = Boolean(name) || isPull
  useEffect(() => {
    if (isReplacing) first.current?.focus()
  }, [isReplacing])
  const change = useSecretChange(which, () => {
    setSaved(what === 'pull' ? t('secret.pull') : typed.key)
    setTyped(EMPTY)
    setTried(false)
  })
  const asked = ASKED[what]
  const isWhole = asked.every((field) => typed[field] !== '')
  const press = () => {
    const { key, value, ...login } = typed
    setTried(true)
    if (isWhole) change.mutate(what === 'pull' ? { pull: login } : { set: key.trim(), value })
  }
  return (
    <form className={css.dialogForm} noValidate autoComplete="off" onSubmit={(event) => event.preventDefault()}>
      <Segments<What>
        aria-label={t('secret.what')}
        value={what}
        options={[
          { value: 'value', label: t('secret.value') },
          { value: 'pull', label: t('secret.pull') },
        ]}
        onChange={setWhat}
      />
      {asked.map((field) => {
        const problem = problemOf(change.error, field) ?? (tried && !typed[field] ? t('secret.needed') : null)
        const Box = field === 'value' ? TextArea : TextBox
        return (
          <Field key={field} id={`cf-secret-${field}`} label={t(`secret.${field}`)} problem={problem}>
            <Box
              {...describedBy(`cf-secret-${field}`)}
              ref={field === (name ? 'value' : asked[0]) ? first : undefined}
              bad={Boolean(problem)}
              className={HIDDEN.includes(field) ? `mono ${css.masked}` : 'mono'}
              autoComplete="off"
              spellCheck={false}
              value={typed[field]}
              onChange={(event) => {
                const text = event.target.value
                setTyped((old) => ({ ...old, [field]: text }))
              }}
            />
          </Field>
        )
      })}
      {change.error && restOf(change.error, asked) && <RegionError error={change.error} />}
      <div className={css.buttons}>
        <span role="status" className="t2">
          {saved && t('secret.saved', { name: saved })}
        </span>
        <KeyButton
          type="primary"
          htmlType="submit"
          shortcut="ctrl+enter"
          loading={change.isPending && { delay: 300 }}
          onPress={press}
        >
          {t(name ? 'secret.replace_value' : 'secret.set_value')}
        </KeyButton>
      </div>
    </form>
  )
}
