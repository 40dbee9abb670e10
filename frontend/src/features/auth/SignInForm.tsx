/** Name and password. With `username` given only the password is asked: the same person comes back. */
import { useMutation } from '@tanstack/react-query'
import { Button, type InputRef } from 'antd'
import { useRef, useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api, body, forgetCsrf, type Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { Field } from './Field'
import { useRefusal } from './useRefusal'
import css from './auth.module.css'

type Props = { username?: string; onEntered: (me: Schemas['Me']) => void | Promise<void> }

export function SignInForm({ username, onEntered }: Props) {
  const { t } = useTranslation('auth')
  const [name, setName] = useState(username ?? '')
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState<'name' | 'password' | null>(null)
  const nameInput = useRef<InputRef>(null)
  const passwordInput = useRef<InputRef>(null)
  const refusal = useRefusal()

  const signIn = useMutation({
    mutationFn: async () => {
      const entered = await body(api.POST('/api/v1/login', { body: { username: name.trim(), password } }))
      await onEntered(entered)
    },
    onError: (error) => {
      if (asApiError(error).code === 'csrf_failed') forgetCsrf()
      refusal.show(error)
      passwordInput.current?.focus({ cursor: 'all' })
    },
  })

  function submit(event: FormEvent) {
    event.preventDefault()
    const lacks = name.trim() === '' ? 'name' : password === '' ? 'password' : null
    setMissing(lacks)
    if (lacks) return (lacks === 'name' ? nameInput : passwordInput).current?.focus()
    if (refusal.waiting || signIn.isPending) return undefined
    refusal.clear()
    return signIn.mutate()
  }

  return (
    <form className={css.form} onSubmit={submit} noValidate>
      {username === undefined ? (
        <Field
          label={t('name')}
          value={name}
          onChange={setName}
          autoComplete="username"
          autoFocus
          inputRef={nameInput}
          error={missing === 'name' ? t('name.missing') : undefined}
        />
      ) : (
        <input type="hidden" name="username" value={username} autoComplete="username" />
      )}
      <Field
        label={t('password')}
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        secret
        autoFocus={username !== undefined}
        inputRef={passwordInput}
        error={missing === 'password' ? t('password.missing') : refusal.text}
      />
      <Button type="primary" size="large" htmlType="submit" block loading={signIn.isPending && { delay: 300 }}>
        {t('sign_in.do')}
      </Button>
    </form>
  )
}
