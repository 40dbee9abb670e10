/** Sets a password by a link. Rules are shown before; what the portal refuses stands under its field. */
import { useMutation } from '@tanstack/react-query'
import { Button, type InputRef } from 'antd'
import { Check, Dot } from 'lucide-react'
import { useRef, useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api, body, type Schemas } from '@/lib/api/client'
import { asApiError, type ApiError } from '@/lib/api/errors'
import { currentLanguage, sentence } from '@/lib/i18n'
import { Field } from './Field'
import { useRefusal } from './useRefusal'
import css from './auth.module.css'

type Props = {
  token: string
  username: string
  displayName: string
  askName: boolean
  onEntered: (me: Schemas['Me']) => Promise<void>
}

/** AUTH_PASSWORD_VALIDATORS; the portal has the last word, this only shows the rule early. */
const SHORTEST = 10

const firstProblem = (error: ApiError | null, field: string): string | undefined => {
  const problem = [error?.fields?.[field] ?? []].flat()[0]
  return problem && sentence(problem)
}

export function NewPasswordForm({ token, username, displayName, askName, onEntered }: Props) {
  const { t } = useTranslation('auth')
  const [name, setName] = useState(displayName)
  const [password, setPassword] = useState('')
  const [short, setShort] = useState(false)
  const input = useRef<InputRef>(null)
  const refusal = useRefusal()
  const redeem = useMutation({
    mutationFn: async () => {
      const wish = { token, password, ...(askName ? { display_name: name.trim(), language: currentLanguage() } : {}) }
      await onEntered(await body(api.POST('/api/v1/account-links/redeem', { body: wish })))
    },
    onError: (error) => {
      refusal.show(error)
      input.current?.focus()
    },
  })
  const problem = redeem.error ? asApiError(redeem.error) : null
  const ofPassword = short ? t('rule.length_missing', { n: SHORTEST }) : firstProblem(problem, 'password')
  const ofName = firstProblem(problem, 'display_name')

  function submit(event: FormEvent) {
    event.preventDefault()
    const tooShort = password.length < SHORTEST
    setShort(tooShort)
    if (tooShort) return input.current?.focus()
    if (refusal.waiting || redeem.isPending) return undefined
    refusal.clear()
    return redeem.mutate()
  }

  return (
    <form className={css.form} onSubmit={submit} noValidate>
      <input type="hidden" name="username" value={username} autoComplete="username" />
      {askName && (
        <Field
          label={t('display_name')}
          value={name}
          onChange={setName}
          autoComplete="name"
          hint={t('display_name.hint')}
          error={ofName}
        />
      )}
      <Field
        label={t('password.new')}
        value={password}
        autoComplete="new-password"
        secret
        autoFocus={!askName}
        inputRef={input}
        onChange={(value) => {
          setPassword(value)
          setShort(false)
        }}
        error={ofPassword ?? (ofName ? undefined : refusal.text)}
        hint={<Rules password={password} />}
      />
      <Button type="primary" size="large" htmlType="submit" block loading={redeem.isPending && { delay: 300 }}>
        {askName ? t('welcome.do') : t('reset.do')}
      </Button>
    </form>
  )
}

function Rules({ password }: { password: string }) {
  const { t } = useTranslation('auth')
  const longEnough = password.length >= SHORTEST
  return (
    <span className={css.rules}>
      <span className={longEnough ? css.met : undefined}>
        {longEnough ? <Check size={14} aria-hidden /> : <Dot size={14} aria-hidden />}
        {t('rule.length', { n: SHORTEST })}
      </span>
      <span>
        <Dot size={14} aria-hidden />
        {t('rule.uncommon')}
      </span>
      <span>
        <Dot size={14} aria-hidden />
        {t('rule.unlike')}
      </span>
    </span>
  )
}
