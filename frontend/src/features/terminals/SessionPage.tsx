/** One session: the person's own shell, live; watched along by who may; or what is left when it has ended. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { PageTitle } from '@/components/Page'
import { Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import type { SessionDetail } from '@/lib/api/terminals'
import { asApiError } from '@/lib/api/errors'
import { sessionQuery } from '@/lib/api/queries/terminals'
import { useMe } from '@/lib/me'
import { whole } from '@/lib/search'
import { LiveShell } from './LiveShell'
import { EndedView, UnwatchedView } from './StillView'
import { Watching } from './Watching'
import css from './terminals.module.css'

const route = getRouteApi('/inside/terminals/$id')

export default function SessionPage() {
  const { t } = useTranslation('terminals')
  const { id: text } = route.useParams()
  const id = whole(text) ?? null
  const me = useMe()
  const found = useQuery(sessionQuery(id))
  const session = found.data
  if (id === null || (found.isError && asApiError(found.error).isMissing))
    return (
      <>
        <PageTitle title={t('title')} className="hidden-visually" />
        <Empty
          action={
            <Link to="/terminals" className="link">
              {t('title')}
            </Link>
          }
        >
          {t('missing')}
        </Empty>
      </>
    )
  if (!session)
    return (
      <div className={css.pad}>
        <PageTitle title={t('title')} className="hidden-visually" />
        {found.isError ? (
          <RegionError error={found.error} retry={() => void found.refetch()} />
        ) : (
          <Loading>
            <SkeletonRows rows={1} height={44} />
            <SkeletonRows rows={1} height={420} />
          </Loading>
        )}
      </div>
    )
  const isMine = session.user.username === me.username
  if (isMine) return <Mine key={session.id} session={session} />
  if (session.state === 'ended') return <EndedView session={session} />
  if (session.may.watch.allowed) return <Watching key={session.id} session={session} />
  return <UnwatchedView session={session} />
}

/** A shell that ends before one's eyes keeps its screen; one that had ended has none. */
function Mine({ session }: { session: SessionDetail }) {
  const [sawIt] = useState(session.state !== 'ended')
  return sawIt ? <LiveShell session={session} /> : <EndedView session={session} />
}
