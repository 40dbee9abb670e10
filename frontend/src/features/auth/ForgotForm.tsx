/** Asks for a link by mail. The answer is the same for every name, so the page never tells who exists. */
import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { api, body } from '@/lib/api/client'
import { Field } from './Field'
import { useRefusal } from './useRefusal'
import css from './auth.module.css'

export function ForgotForm() {
  const { t } = useTranslation('auth')
  const [name, setName] = useState('')
  const [missing, setMissing] = useState(false)
  const refusal = useRefusal()
  const ask = useMutation({
    mutationFn: () => body(api.POST('/api/v1/password-resets', { body: { name: name.trim() } })),
    onError: refusal.show,
  })

  function submit(event: FormEvent) {
    event.preventDefault()
    setMissing(name.trim() === '')
    if (name.trim() === '' || refusal.waiting || ask.isPending) return
    refusal.clear()
    ask.mutate()
  }

  if (ask.data) {
    return (
      <p className={css.done} role="status">
        {ask.data.mail_configured ? t('forgot.asked') : t('forgot.no_mail')}
      </p>
    )
  }
  return (
    <form className={css.form} onSubmit={submit} noValidate>
      <Field
        label={t('forgot.name')}
        value={name}
        onChange={setName}
        autoComplete="username"
        autoFocus
        error={missing ? t('forgot.name_missing') : refusal.text}
      />
      <Button type="primary" size="large" htmlType="submit" block loading={ask.isPending && { delay: 300 }}>
        {t('forgot.do')}
      </Button>
    </form>
  )
}
