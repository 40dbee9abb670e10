/** /welcome#… and /reset#…: what the link is for, a new password, and in. The secret never stays in the address. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Loading, RegionError, SkeletonRows } from '@/components/states'
import { api, body } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { sentence } from '@/lib/i18n'
import { useStore } from '@/lib/store'
import { absolute } from '@/lib/time'
import { AuthPage } from './AuthPage'
import { useEnter } from './enter'
import { NewPasswordForm } from './NewPasswordForm'
import { linkToken, takeToken } from './token'
import css from './auth.module.css'

takeToken()

export default function LinkPage() {
  const { t } = useTranslation('auth')
  const token = useStore(linkToken)
  const enter = useEnter()
  useEffect(() => {
    takeToken()
    window.addEventListener('hashchange', takeToken)
    return () => window.removeEventListener('hashchange', takeToken)
  }, [])
  const look = useQuery({
    queryKey: ['account-link', token],
    queryFn: ({ signal }) => body(api.POST('/api/v1/account-links/look', { body: { token }, signal })),
    enabled: token !== '',
    retry: false,
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })

  if (!token) return <Gone text={t('link.none')} />
  if (look.error) {
    const problem = asApiError(look.error)
    if (problem.isMissing) return <Gone text={sentence(problem)} />
    return (
      <AuthPage title={t('link.title')}>
        <div className={css.done}>
          <RegionError error={problem} retry={() => void look.refetch()} />
        </div>
      </AuthPage>
    )
  }
  if (!look.data) {
    return (
      <AuthPage title={t('link.title')}>
        <div className={css.done}>
          <Loading>
            <SkeletonRows rows={3} height={38} />
          </Loading>
        </div>
      </AuthPage>
    )
  }
  const { purpose, username, display_name, expires_at } = look.data
  const isNew = purpose === 'invitation'
  const who = display_name || username
  return (
    <AuthPage
      title={isNew ? t('welcome.title', { name: who }) : t('reset.title')}
      lead={isNew ? t('welcome.lead', { username }) : t('reset.lead', { username })}
    >
      <NewPasswordForm
        token={token}
        username={username}
        askName={isNew}
        displayName={display_name}
        onEntered={async (me) => {
          linkToken.set('')
          await enter(me, '/')
        }}
      />
      <p className={css.under}>
        <span className="s12 t3">{t('link.until', { time: absolute(expires_at) })}</span>
      </p>
    </AuthPage>
  )
}

function Gone({ text }: { text: string }) {
  const { t } = useTranslation('auth')
  return (
    <AuthPage title={t('link.gone')} lead={text}>
      <p className={css.under}>
        <Link to="/sign-in" className="link">
          {t('link.sign_in')}
        </Link>
      </p>
    </AuthPage>
  )
}
