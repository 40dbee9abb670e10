/** /sign-in: name and password, or asking for a way back in. Sends people only to paths of this portal. */
import { getRouteApi, Link, Navigate } from '@tanstack/react-router'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { meQuery } from '@/lib/api/queries'
import { AuthPage } from './AuthPage'
import { ForgotForm } from './ForgotForm'
import { safeNext } from './next'
import { SignInForm } from './SignInForm'
import { useEnter } from './enter'
import css from './auth.module.css'

const route = getRouteApi('/sign-in')

export default function SignInPage() {
  const { t } = useTranslation('auth')
  const { next, forgot } = route.useSearch()
  const enter = useEnter()
  const client = useQueryClient()
  const [wasIn] = useState(() => client.getQueryData(meQuery.queryKey) !== undefined)
  if (wasIn) return <Navigate to="/" replace />
  if (forgot) {
    return (
      <AuthPage title={t('forgot.title')} lead={t('forgot.lead')}>
        <ForgotForm />
        <p className={css.under}>
          <Link to="/sign-in" search={{ next }} className="link">
            {t('forgot.back')}
          </Link>
        </p>
      </AuthPage>
    )
  }
  return (
    <AuthPage title={t('sign_in.title')}>
      <SignInForm onEntered={(me) => enter(me, safeNext(next))} />
      <p className={css.under}>
        <Link to="/sign-in" search={{ next, forgot: true }} className={css.quiet}>
          {t('sign_in.forgot')}
        </Link>
      </p>
    </AuthPage>
  )
}
