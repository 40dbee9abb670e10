/** People × environments of one project: a cell holds roles with their ends, and the way to give another. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Avatar, nameOf, Person } from '@/components/Person'
import { Empty } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { environmentsQuery } from '@/lib/api/queries'
import { columnsOf, rowsOf, type Grant } from './model'
import { RoleChip } from './RoleChip'
import css from '../Admin.module.css'
import own from './grants.module.css'

type Props = {
  project: Schemas['Project']
  grants: Grant[]
  mayGive: boolean
  onGive: (username?: string, environment?: string) => void
  onEnd: (grant: Grant) => void
}

export function Matrix({ project, grants, mayGive, onGive, onEnd }: Props) {
  const { t } = useTranslation(['admin', 'common'])
  const environments = useQuery(environmentsQuery)
  const names = new Map(environments.data?.results.map((one) => [one.slug, one]))
  const columns = columnsOf(project.environments, grants)
  const rows = rowsOf(grants)
  return (
    <>
      <div className={css.tableCard}>
        {rows.length === 0 ? (
          <Empty
            action={
              mayGive && (
                <button type="button" className="link" onClick={() => onGive()}>
                  {t('grant.give')}
                </button>
              )
            }
          >
            {t('grant.none_here', { project: project.slug })}
          </Empty>
        ) : (
          <table className={`${css.table} ${own.matrix} ${own.stack}`}>
            <thead>
              <tr>
                <th scope="col">{t('grant.person')}</th>
                {columns.map((slug) => {
                  const environment = names.get(slug)
                  const tier = environment && t(`common:tier.${environment.tier}`)
                  return (
                    <th scope="col" key={slug}>
                      <span className={own.environment}>{environment?.name ?? slug}</span>
                      {tier && tier !== environment.name && <span className={own.under}>{tier}</span>}
                    </th>
                  )
                })}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ user, cells }) => (
                <tr key={user.id}>
                  <td>
                    <Link to="/admin/grants" search={{ user: user.username }} className={own.person}>
                      <Avatar person={user} />
                      <span className="b5">{nameOf(user)}</span>
                    </Link>
                  </td>
                  {columns.map((slug) => (
                    <td key={slug} data-environment={names.get(slug)?.name ?? slug}>
                      <div className={own.cell}>
                        {cells.get(slug)?.map((grant) => (
                          <RoleChip key={grant.id} grant={grant} onEnd={mayGive ? onEnd : undefined} />
                        ))}
                        {mayGive && (
                          <button
                            type="button"
                            className={own.add}
                            onClick={() => onGive(user.username, slug)}
                            aria-label={t('grant.give_label', { name: nameOf(user), environment: slug })}
                            title={t('grant.give_another')}
                          >
                            <Plus size={14} aria-hidden />
                          </button>
                        )}
                      </div>
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      {project.owners.length > 0 && (
        <p className={own.owners}>
          {t('grant.owners')}{' '}
          {project.owners.map((owner) => (
            <Person key={owner.id} person={owner} />
          ))}{' '}
          <span className="t3 s12">{t('grant.owners_note')}</span>
        </p>
      )}
    </>
  )
}
