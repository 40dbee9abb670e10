/** People: everybody as a table, invitations below, one person in a sheet. For administrators. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Button } from 'antd'
import { UserPlus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { SearchField } from '@/components/form/SearchField'
import { Empty, Loading, RegionError } from '@/components/states'
import { usePageActions } from '@/lib/actions'
import { whyQuery } from '@/lib/api/queries'
import { Head } from './parts/Head'
import { Invitations } from './people/Invitations'
import { InviteSheet } from './people/InviteSheet'
import { PeopleTable } from './people/PeopleTable'
import { PersonSheet } from './people/PersonSheet'
import { invitationsQuery, usersQuery } from './people/queries'
import { Guard } from './rights'
import css from './Admin.module.css'

const route = getRouteApi('/inside/admin/people')

function People() {
  const { t } = useTranslation('admin')
  const { q = '', edit, add } = route.useSearch()
  const navigate = route.useNavigate()
  const users = useInfiniteQuery(usersQuery(q))
  const close = () => void navigate({ search: (old) => ({ ...old, edit: undefined, add: undefined }) })
  const rows = users.data?.pages.flatMap((page) => page.results) ?? []
  return (
    <>
      <div className={css.tools}>
        <SearchField
          className={css.search}
          label={t('people.search')}
          value={q}
          onSearch={(text) => void navigate({ search: (old) => ({ ...old, q: text || undefined }), replace: true })}
        />
      </div>
      {users.isPending ? (
        <Loading />
      ) : users.isError && !rows.length ? (
        <RegionError error={users.error} retry={() => void users.refetch()} />
      ) : (
        <div className={css.tableCard}>
          {rows.length ? (
            <PeopleTable users={rows} selected={edit} />
          ) : (
            <Empty
              action={
                <button type="button" className="link" onClick={() => void navigate({ search: {} })}>
                  {t('people.show_all')}
                </button>
              }
            >
              {t('people.none', { q })}
            </Empty>
          )}
          {users.hasNextPage && (
            <div className={css.foot}>
              <Button size="small" onClick={() => void users.fetchNextPage()} loading={users.isFetchingNextPage}>
                {t('show_more')}
              </Button>
            </div>
          )}
        </div>
      )}
      <Invitations />
      {add ? (
        <InviteSheet onClose={close} />
      ) : (
        edit !== undefined && <PersonSheet key={edit} id={edit} onClose={close} />
      )}
    </>
  )
}

export default function PeoplePage() {
  const { t } = useTranslation('admin')
  const navigate = route.useNavigate()
  const right = useQuery(whyQuery({ action: 'user.manage' }))
  const invitations = useQuery({ ...invitationsQuery, enabled: Boolean(right.data?.allowed) })
  const mayInvite = Boolean(right.data?.allowed) && Array.isArray(invitations.data)
  const invite = () => void navigate({ search: (old) => ({ ...old, edit: undefined, add: true }) })
  usePageActions(mayInvite ? [{ id: 'invite', label: t('invite.action'), run: invite }] : [])
  return (
    <>
      <Head
        page="people"
        right={
          mayInvite && (
            <Button icon={<UserPlus size={14} aria-hidden />} onClick={invite}>
              {t('invite.action')}
            </Button>
          )
        }
      />
      <Guard action="user.manage">
        <People />
      </Guard>
    </>
  )
}
