/** API tokens: those there are, and making one. The secret is shown once and kept nowhere in the browser. */
import { useMutation, useQuery, useQueryClient, queryOptions } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { CopyButton } from '@/components/CopyButton'
import { KeyButton } from '@/components/Key'
import { Loading, RegionError, SkeletonRows } from '@/components/states'
import { api, body, type Schemas } from '@/lib/api/client'
import { projectsQuery } from '@/lib/api/queries'
import { useMe } from '@/lib/me'
import { dateOnly, useNow } from '@/lib/time'
import { NewToken } from './NewToken'
import { groupsOf, tokenState } from './scopes'
import css from './settings.module.css'

type Token = Schemas['Token']

const tokensQuery = queryOptions({
  queryKey: ['me', 'tokens'],
  queryFn: ({ signal }) => body(api.GET('/api/v1/tokens/', { params: { query: { limit: 100 } }, signal })),
})

export function TokensTab() {
  const { t } = useTranslation('settings')
  const tokens = useQuery(tokensQuery)
  const client = useQueryClient()
  const [isMaking, setMaking] = useState(false)
  const [made, setMade] = useState<Schemas['MadeToken'] | null>(null)
  const rows = tokens.data?.results ?? []
  return (
    <>
      <p className="t2">{t('tokens.note')}</p>
      {made && <Secret token={made} onClose={() => setMade(null)} />}
      {isMaking ? (
        <NewToken
          onClose={() => setMaking(false)}
          onMade={(token) => {
            setMaking(false)
            setMade(token)
            void client.invalidateQueries({ queryKey: tokensQuery.queryKey })
          }}
        />
      ) : (
        <div>
          <KeyButton type={made ? 'default' : 'primary'} shortcut="n" onPress={() => setMaking(true)}>
            {t('tokens.new')}
          </KeyButton>
        </div>
      )}
      {tokens.error && (
        <RegionError
          error={tokens.error}
          retry={() => void tokens.refetch()}
          shownAt={tokens.data && tokens.dataUpdatedAt}
        />
      )}
      {!tokens.data && !tokens.error && (
        <Loading>
          <SkeletonRows rows={2} height={64} />
        </Loading>
      )}
      {tokens.data && !rows.length && <p className="t2">{t('tokens.empty')}</p>}
      {rows.length > 0 && (
        <ul className={css.list} aria-label={t('tab.tokens')}>
          {rows.map((token) => (
            <TokenRow key={token.id} token={token} />
          ))}
        </ul>
      )}
    </>
  )
}

function Secret({ token, onClose }: { token: Schemas['MadeToken']; onClose: () => void }) {
  const { t } = useTranslation('settings')
  const { t: common } = useTranslation()
  return (
    <div className={css.secret} role="status">
      <span className="b5">{t('tokens.made', { name: token.name })}</span>
      <span className={css.secretLine}>
        <code className="grow">{token.secret}</code>
        <CopyButton text={token.secret} />
      </span>
      <span className="row">
        <span className="t2 s12 grow">{t('tokens.once')}</span>
        <Button size="small" onClick={onClose}>
          {common('close')}
        </Button>
      </span>
    </div>
  )
}

function TokenRow({ token }: { token: Token }) {
  const { t } = useTranslation('settings')
  const client = useQueryClient()
  const { time_zone: zone } = useMe()
  const state = tokenState(token, useNow(60_000))
  const projects = useQuery({ ...projectsQuery({ limit: 200 }), enabled: token.project !== null })
  const revoke = useMutation({
    mutationFn: () => api.DELETE('/api/v1/tokens/{token_id}/', { params: { path: { token_id: token.id } } }),
    onSettled: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  })
  const { groups, rest } = groupsOf(Array.isArray(token.scopes) ? token.scopes.map(String) : [])
  const project = projects.data?.results.find((one) => one.id === token.project)
  const scopes = [
    ...groups.map((group) => t(`scope.${group}`)),
    ...rest.map((one) => t(`action.${one}` as 'action.me.read', { defaultValue: one })),
  ]
  return (
    <li className={css.listRow}>
      <span className="grow">
        <span className="row">
          <span className={`b5 ${state === 'live' ? '' : 't3'}`}>{token.name}</span>
          <code className="t3">{token.prefix}…</code>
        </span>
        <span className="t2 s12" style={{ display: 'block' }}>
          {scopes.join(' · ')}
          {token.project !== null && ` · ${t('tokens.only', { project: project?.slug ?? `#${token.project}` })}`}
        </span>
        <span className="t3 s12" style={{ display: 'block' }}>
          {state === 'revoked' && token.revoked_at ? (
            <>
              {t('tokens.revoked')} <Age at={token.revoked_at} />
            </>
          ) : (
            t(state === 'ended' ? 'tokens.ended' : 'tokens.ends', { date: dateOnly(token.expires_at, zone) })
          )}
          {' · '}
          {token.last_used_at ? (
            <>
              {t('tokens.used')} <Age at={token.last_used_at} />
            </>
          ) : (
            t('tokens.never_used')
          )}
        </span>
        {revoke.error && <RegionError error={revoke.error} />}
      </span>
      {state === 'live' && (
        <Button
          size="small"
          loading={revoke.isPending ? { delay: 300 } : false}
          aria-label={t('tokens.revoke_named', { name: token.name })}
          onClick={() => revoke.mutate()}
        >
          {t('tokens.revoke')}
        </Button>
      )}
    </li>
  )
}
