/** Open invitations, those that have run out too: a new link for them, or none any more. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { nameOf } from '@/components/Person'
import { RegionError } from '@/components/states'
import { api, body, type Schemas } from '@/lib/api/client'
import { useMe } from '@/lib/me'
import { absolute, dateOnly } from '@/lib/time'
import { Status } from '@/components/Status'
import { LinkOnce } from './LinkOnce'
import { invitationsQuery } from './queries'
import css from '../Admin.module.css'

type Invitation = Schemas['Invitation']

const called = (row: Invitation) => nameOf({ username: row.user.username, display_name: row.user.display_name ?? '' })

function Row({ row }: { row: Invitation }) {
  const { t } = useTranslation('admin')
  const client = useQueryClient()
  const zone = useMe().time_zone
  const params = { path: { invitation_id: row.id } }
  const refresh = () => client.invalidateQueries({ queryKey: ['invitations'] })
  const renew = useMutation({
    mutationFn: () => body(api.POST('/api/v1/invitations/{invitation_id}/renew', { params })),
    onSuccess: refresh,
  })
  const revoke = useMutation({
    mutationFn: () => body(api.DELETE('/api/v1/invitations/{invitation_id}/', { params })),
    onSuccess: refresh,
  })
  const error = renew.error ?? revoke.error
  return (
    <>
      <tr>
        <td>
          <span className="b5">{called(row)}</span> <span className="mono t3">{row.user.username}</span>
        </td>
        <td className={css.medium}>{row.created_by ? nameOf(row.created_by) : <span className="t3">–</span>}</td>
        <td className={css.wide}>
          <Age at={row.created_at} />
        </td>
        <td>
          {row.is_expired ? (
            <Status status="expired" plain />
          ) : (
            <time dateTime={row.expires_at} title={absolute(row.expires_at, zone)} className="tnum">
              {t('invite.until', { date: dateOnly(row.expires_at, zone) })}
            </time>
          )}
        </td>
        <td>
          <div className={css.actions}>
            <Button size="small" onClick={() => renew.mutate()} loading={renew.isPending && { delay: 300 }}>
              {t('invite.renew')}
            </Button>
            <Button size="small" onClick={() => revoke.mutate()} loading={revoke.isPending && { delay: 300 }}>
              {t('invite.revoke')}
            </Button>
          </div>
        </td>
      </tr>
      {(renew.data || error) && (
        <tr>
          <td colSpan={5}>
            {error ? <RegionError error={error} /> : renew.data && <LinkOnce made={renew.data} name={called(row)} />}
          </td>
        </tr>
      )}
    </>
  )
}

export function Invitations() {
  const { t } = useTranslation('admin')
  const open = useQuery(invitationsQuery)
  if (open.isError)
    return (
      <section className={css.section}>
        <RegionError error={open.error} retry={() => void open.refetch()} />
      </section>
    )
  if (!open.data?.length) return null
  return (
    <section className={css.section} aria-labelledby="open-invitations">
      <div className={css.sectionHead}>
        <h2 id="open-invitations">{t('invite.open')}</h2>
        <span className="t3 s12">{t('invite.open_note')}</span>
      </div>
      <div className={css.tableCard}>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">{t('people.name')}</th>
              <th scope="col" className={css.medium}>
                {t('invite.by')}
              </th>
              <th scope="col" className={css.wide}>
                {t('invite.sent')}
              </th>
              <th scope="col">{t('invite.works')}</th>
              <th scope="col">
                <span className="hidden-visually">{t('actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {open.data.map((row) => (
              <Row key={row.id} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
