/** Who may roll back where the reader may not: operations there, and the owners of the project (D14). */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { grantsQuery, projectQuery } from '@/lib/api/queries'
import { anyOf } from './facts'

export function WhoMay({ project, environment }: { project: string; environment: string }) {
  const { t } = useTranslation('filing')
  const owners = useQuery(projectQuery(project)).data?.owners ?? []
  const grants = useQuery(grantsQuery({ project }))
  const ops =
    grants.data?.rows
      .filter((grant) => grant.is_live && grant.role === 'ops' && grant.environment === environment)
      .map((grant) => grant.user) ?? []
  const people = [...new Map([...ops, ...owners].map((person) => [person.id, person])).values()]
  if (!grants.data || !people.length) return null
  return <p className="t2">{t('rollback.who_may', { who: anyOf(people, 6) })}</p>
}
