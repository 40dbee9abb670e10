/** Everybody as a table; a row opens the sheet. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Avatar, nameOf } from '@/components/Person'
import { Status } from '@/components/Status'
import type { Schemas } from '@/lib/api/client'
import css from '../Admin.module.css'

export function PeopleTable({ users, selected }: { users: Schemas['User'][]; selected: number | undefined }) {
  const { t } = useTranslation('admin')
  return (
    <table className={css.table}>
      <thead>
        <tr>
          <th scope="col">{t('people.name')}</th>
          <th scope="col" className={css.medium}>
            {t('people.username')}
          </th>
          <th scope="col" className={css.wide}>
            {t('people.language')}
          </th>
          <th scope="col">{t('people.state')}</th>
          <th scope="col" className={css.medium}>
            {t('people.last_login')}
          </th>
          <th scope="col" className={css.wide}>
            {t('people.created')}
          </th>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <tr
            key={user.id}
            data-selected={user.id === selected || undefined}
            data-off={user.is_active === false || undefined}
          >
            <td>
              <Link to="/admin/people" search={(old) => ({ ...old, edit: user.id })} className={css.rowLink}>
                <Avatar person={{ username: user.username, display_name: user.display_name ?? '' }} />
                {nameOf({ username: user.username, display_name: user.display_name ?? '' })}
              </Link>
            </td>
            <td className={css.medium}>
              <span className="mono t2">{user.username}</span>
            </td>
            <td className={css.wide}>{t(`language.${user.language ?? 'en'}`)}</td>
            <td>
              {user.is_active === false ? (
                <Status status="off" label={t('people.disabled')} plain />
              ) : user.is_instance_admin ? (
                t('people.admin')
              ) : (
                <span className="t2">{t('people.active')}</span>
              )}
            </td>
            <td className={css.medium}>
              {user.last_login ? <Age at={user.last_login} /> : <span className="t3">{t('people.never')}</span>}
            </td>
            <td className={css.wide}>
              <Age at={user.created_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
