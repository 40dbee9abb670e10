/** Grants line by line: of one person, or those that end soon. Each asks for itself whether the reader may end it. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { nameOf, Person } from '@/components/Person'
import { useRight } from '../rights'
import type { Grant } from './model'
import { RoleChip } from './RoleChip'
import css from '../Admin.module.css'
import own from './grants.module.css'

type Props = { grants: Grant[]; withPerson: boolean; withProject?: boolean; onEnd: (grant: Grant) => void }

function Line({ grant, withPerson, withProject, onEnd }: Omit<Props, 'grants'> & { grant: Grant }) {
  const right = useRight({ action: 'grant.manage', project: grant.project_id })
  return (
    <tr>
      {withPerson && (
        <td>
          <Link to="/admin/grants" search={{ user: grant.user.username }} title={nameOf(grant.user)}>
            <Person person={grant.user} />
          </Link>
        </td>
      )}
      {withProject && (
        <td>
          <Link to="/admin/grants" search={{ project: grant.project }} className={css.rowLink}>
            {grant.project}
          </Link>
        </td>
      )}
      <td>{grant.environment}</td>
      <td>
        <RoleChip grant={grant} onEnd={right.allowed ? onEnd : undefined} />
      </td>
      <td className={`${css.wide} ${own.byline}`}>{grant.granted_by ?? <span className="t3">–</span>}</td>
    </tr>
  )
}

export function GrantTable({ grants, withPerson, withProject = true, onEnd }: Props) {
  const { t } = useTranslation('admin')
  return (
    <div className={css.tableCard}>
      <table className={`${css.table} ${own.stack}`}>
        <thead>
          <tr>
            {withPerson && <th scope="col">{t('grant.person')}</th>}
            {withProject && <th scope="col">{t('grant.project')}</th>}
            <th scope="col">{t('grant.environment')}</th>
            <th scope="col">{t('grant.role')}</th>
            <th scope="col" className={css.wide}>
              {t('grant.given_by')}
            </th>
          </tr>
        </thead>
        <tbody>
          {grants.map((grant) => (
            <Line key={grant.id} grant={grant} withPerson={withPerson} withProject={withProject} onEnd={onEnd} />
          ))}
        </tbody>
      </table>
    </div>
  )
}
