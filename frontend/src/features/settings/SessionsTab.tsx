/** Where one is signed in, and ending it there. This device is named and cannot end itself here: that is signing out. */
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { Monitor } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Loading, RegionError, SkeletonRows } from '@/components/states'
import { api, body, type Schemas } from '@/lib/api/client'
import css from './settings.module.css'

type Session = Schemas['Session']

const sessionsQuery = queryOptions({
  queryKey: ['me', 'sessions'],
  queryFn: ({ signal }) => body(api.GET('/api/v1/sessions/', { params: { query: { limit: 100 } }, signal })),
})

export function SessionsTab() {
  const { t } = useTranslation('settings')
  const client = useQueryClient()
  const sessions = useQuery(sessionsQuery)
  const onSettled = () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey })
  const endOne = useMutation({
    mutationFn: (id: number) => api.DELETE('/api/v1/sessions/{session_id}/', { params: { path: { session_id: id } } }),
    onSettled,
  })
  const endOthers = useMutation({ mutationFn: () => api.POST('/api/v1/sessions/end-others'), onSettled })
  const rows = sessions.data?.results ?? []
  const others = rows.filter((session) => !session.is_current)
  const error = endOne.error ?? endOthers.error
  return (
    <>
      <p className="t2">{t('sessions.note')}</p>
      {others.length > 1 && (
        <div>
          <Button loading={endOthers.isPending ? { delay: 300 } : false} onClick={() => endOthers.mutate()}>
            {t('sessions.end_others')}
          </Button>
        </div>
      )}
      {error && <RegionError error={error} />}
      {sessions.error && <RegionError error={sessions.error} retry={() => void sessions.refetch()} />}
      {!sessions.data && !sessions.error && (
        <Loading>
          <SkeletonRows rows={3} height={56} />
        </Loading>
      )}
      {rows.length > 0 && (
        <ul className={css.list} aria-label={t('tab.sessions')}>
          {rows.map((session) => (
            <SessionRow key={session.id} session={session} onEnd={() => endOne.mutate(session.id)} />
          ))}
        </ul>
      )}
    </>
  )
}

function SessionRow({ session, onEnd }: { session: Session; onEnd: () => void }) {
  const { t } = useTranslation('settings')
  const browser = session.browser || t('sessions.unknown_browser')
  return (
    <li className={css.listRow}>
      <Monitor size={16} aria-hidden className="t3" />
      <span className="grow">
        <span className="b5">{browser}</span>
        <span className="t3 s12" style={{ display: 'block' }}>
          {session.ip && (
            <>
              <span className="mono">{session.ip}</span> ·{' '}
            </>
          )}
          {t('sessions.since')} <Age at={session.created_at} />
          {session.last_seen_at && !session.is_current && (
            <>
              {' '}
              · {t('sessions.seen')} <Age at={session.last_seen_at} />
            </>
          )}
        </span>
      </span>
      {session.is_current ? (
        <span className="t2 s12 b5">{t('sessions.this')}</span>
      ) : (
        <Button size="small" aria-label={t('sessions.end_named', { browser })} onClick={onEnd}>
          {t('sessions.end')}
        </Button>
      )}
    </li>
  )
}
