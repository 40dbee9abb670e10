/** The session ended while a page was open: the same person signs in over it, and nothing below is lost. */
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/components/Dialog'
import { nameOf } from '@/components/Person'
import { forgetCsrf, type Schemas } from '@/lib/api/client'
import { meQuery } from '@/lib/api/queries'
import { sessionBegan } from '@/lib/api/session'
import { SignInForm } from './SignInForm'
import css from './auth.module.css'

export default function SessionEndedDialog({ person }: { person: Schemas['Me'] }) {
  const { t } = useTranslation('auth')
  const client = useQueryClient()
  const router = useRouter()

  /** Somebody else's page is never shown to the one who signed in. */
  function entered(me: Schemas['Me']) {
    if (me.id !== person.id) return location.assign('/')
    forgetCsrf()
    client.setQueryData(meQuery.queryKey, me)
    sessionBegan()
    void client.invalidateQueries()
    return void router.invalidate()
  }

  const somebodyElse = () =>
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`)
  return (
    <Dialog label={t('ended.title')} className={css.ended}>
      <h2>{t('ended.title')}</h2>
      <p className="t2">
        {t('ended.lead', { name: nameOf({ username: person.username, display_name: person.display_name ?? '' }) })}
      </p>
      <SignInForm username={person.username} onEntered={entered} />
      <p className={css.under}>
        <button type="button" className={css.quiet} onClick={somebodyElse}>
          {t('ended.else')}
        </button>
      </p>
    </Dialog>
  )
}
