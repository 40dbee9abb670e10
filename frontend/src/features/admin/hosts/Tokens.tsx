/** The tokens with which machines download the file. A secret is shown once, with the commands, and kept nowhere. */
import { useQuery } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { CopyButton } from '@/components/CopyButton'
import { problemOf, restOf } from '@/components/form/Field'
import { Person } from '@/components/Person'
import { Empty, Loading, RegionError } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { Labelled } from '../parts/form'
import { commandsFor } from './commands'
import { tokensQuery, useMakeToken, useRevokeToken } from './queries'
import shared from '../Admin.module.css'
import css from './hosts.module.css'

type Token = Schemas['HostsToken']
type OnceProps = { made: Schemas['MadeHostsToken']; environment: string; url: string; onClose: () => void }

export function TokenOnce({ made, environment, url, onClose }: OnceProps) {
  const { t } = useTranslation(['hosts', 'common'])
  return (
    <div className={css.once} role="status">
      <span className="b5">{t('token.made', { name: made.name })}</span>
      <span className={css.copyLine}>
        <code>{made.secret}</code>
        <CopyButton text={made.secret} label={t('token.copy')} />
      </span>
      {commandsFor(url, environment, made.secret).map(({ tool, text }) => (
        <span key={tool} className={css.copyLine}>
          <code>{text}</code>
          <CopyButton text={text} label={t('token.copy_command', { tool })} />
        </span>
      ))}
      <span className="row">
        <span className="t2 s12 grow">{t('token.once')}</span>
        <Button size="small" onClick={onClose}>
          {t('common:close')}
        </Button>
      </span>
    </div>
  )
}

function NewToken({ environment, onMade }: { environment: string; onMade: (made: Schemas['MadeHostsToken']) => void }) {
  const { t } = useTranslation('hosts')
  const [name, setName] = useState('')
  const [missing, setMissing] = useState(false)
  const make = useMakeToken(environment)
  const rest = restOf(make.error, ['name'])
  const send = () => {
    setMissing(!name.trim())
    if (name.trim())
      make.mutate(name.trim(), {
        onSuccess: (made) => {
          setName('')
          onMade(made)
        },
      })
  }
  return (
    <form
      className={css.newToken}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <Labelled
        label={t('token.name')}
        help={t('token.name_help')}
        problem={problemOf(make.error, 'name') ?? (missing ? t('token.name_needed') : null)}
      >
        {(control) => (
          <Input {...control} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        )}
      </Labelled>
      <Button htmlType="submit" loading={make.isPending && { delay: 300 }}>
        {t('token.make')}
      </Button>
      {rest && (
        <p className={css.refusal} role="alert">
          {rest}
        </p>
      )}
    </form>
  )
}

function Row({ token, onRevoke }: { token: Token; onRevoke: () => void }) {
  const { t } = useTranslation('hosts')
  const { name, prefix, created_by, created_at, last_used_at, revoked_at } = token
  return (
    <tr data-off={revoked_at ? true : undefined}>
      <th scope="row" className={css.version}>
        {name} <code className="t3">{prefix}…</code>
      </th>
      <td>{created_by ? <Person person={created_by} quiet /> : '—'}</td>
      <td className="t2">
        <Age at={created_at} />
      </td>
      <td className="t2">{last_used_at ? <Age at={last_used_at} /> : t('token.never')}</td>
      <td>
        <span className={`${shared.actions} ${css.actions}`}>
          {revoked_at ? (
            <span className="t3">
              {t('token.revoked')} <Age at={revoked_at} />
            </span>
          ) : (
            <Button size="small" onClick={onRevoke} aria-label={t('token.revoke_of', { name })}>
              {t('token.revoke')}
            </Button>
          )}
        </span>
      </td>
    </tr>
  )
}

export function Tokens({ environment, url }: { environment: string; url: string }) {
  const { t } = useTranslation(['hosts', 'admin'])
  const found = useQuery(tokensQuery(environment))
  const revoke = useRevokeToken(environment)
  const [made, setMade] = useState<Schemas['MadeHostsToken'] | null>(null)
  const rows = found.data?.results ?? []
  if (found.isPending) return <Loading />
  if (found.isError && !found.data) return <RegionError error={found.error} retry={() => void found.refetch()} />
  return (
    <>
      {made && <TokenOnce made={made} environment={environment} url={url} onClose={() => setMade(null)} />}
      <NewToken environment={environment} onMade={setMade} />
      {revoke.error && <RegionError error={revoke.error} />}
      <div className={`${shared.tableCard} ${css.wide}`} tabIndex={0} role="group" aria-label={t('tokens')}>
        {rows.length === 0 ? (
          <Empty>{t('token.none')}</Empty>
        ) : (
          <table className={`${shared.table} ${css.table}`}>
            <thead>
              <tr>
                {(['token.name', 'token.by', 'token.age', 'token.used'] as const).map((key) => (
                  <th key={key} scope="col">
                    {t(key)}
                  </th>
                ))}
                <th scope="col">
                  <span className="hidden-visually">{t('admin:actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((token) => (
                <Row key={token.id} token={token} onRevoke={() => revoke.mutate(token.id)} />
              ))}
            </tbody>
          </table>
        )}
      </div>
    </>
  )
}
