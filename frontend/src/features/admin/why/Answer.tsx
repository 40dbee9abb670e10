/** Yes or no, the reason, the roles held there, and who could give the missing one. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleCheck, CircleMinus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Person } from '@/components/Person'
import { RegionError } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { grantsQuery, whyQuery, type WhyQuestion } from '@/lib/api/queries'
import { sentence } from '@/lib/i18n'
import { RoleChip } from '../grants/RoleChip'
import css from './why.module.css'

type Props = {
  question: WhyQuestion
  /** the whole act in words: "Lin Yue may release a version in production of book-api-n1" */
  words: { yes: string; no: string }
  username: string
  project: Schemas['Project'] | undefined
  environment: string | undefined
}

/** The server's sentence speaks to who asks; of missing roles we speak so that it fits anybody. */
function useReason() {
  const { t } = useTranslation(['admin', 'common'])
  return (answer: Schemas['WhyAnswer']): string => {
    const roles = (answer.params as { roles?: string[] } | null)?.roles
    if (!roles || (answer.code !== 'policy.needs_role' && answer.code !== 'policy.needs_role_in_project'))
      return sentence(answer)
    const words = roles
      .map((role) => t(`common:role.${role}` as 'common:role.ops', { defaultValue: role }))
      .join(t('why.or'))
    return t(answer.code === 'policy.needs_role' ? 'why.needs_role' : 'why.needs_role_in_project', { roles: words })
  }
}

const GRANTABLE = new Set(['policy.needs_role', 'policy.needs_role_in_project', 'policy.needs_member'])

function Held({
  username,
  project,
  environment,
}: {
  username: string
  project: string
  environment: string | undefined
}) {
  const { t } = useTranslation('admin')
  const grants = useQuery(grantsQuery({ project, user: username }))
  if (!grants.data) return null
  const here = grants.data.rows.filter((grant) => !environment || grant.environment === environment)
  return (
    <div className={css.row}>
      <span className="t2">{t('why.held')}</span>
      {here.length ? (
        here.map((grant) => (
          <span key={grant.id} className="row">
            {!environment && <span className="t3 s12">{grant.environment}</span>}
            <RoleChip grant={grant} />
          </span>
        ))
      ) : (
        <span>{t('why.held_none')}</span>
      )}
      <Link to="/admin/grants" search={{ project }} className="link">
        {t('why.open_grants')}
      </Link>
    </div>
  )
}

export function Answer({ question, words, username, project, environment }: Props) {
  const { t } = useTranslation('admin')
  const why = useQuery(whyQuery(question))
  const reason = useReason()
  if (why.isError) return <RegionError error={why.error} retry={() => void why.refetch()} />
  if (!why.data) return null
  const { allowed, code } = why.data
  return (
    <section className={css.answer} role="status" data-allowed={allowed || undefined}>
      <div className={css.verdict}>
        {allowed ? (
          <CircleCheck size={18} aria-hidden className={css.ok} />
        ) : (
          <CircleMinus size={18} aria-hidden className={css.no} />
        )}
        <div>
          <p className={css.words}>{allowed ? words.yes : words.no}</p>
          {!allowed && <p className="t2">{reason(why.data)}</p>}
        </div>
      </div>
      {project && <Held username={username} project={project.slug} environment={environment} />}
      {!allowed && project && GRANTABLE.has(code) && project.owners.length > 0 && (
        <div className={css.row}>
          <span className="t2">{t('why.who_grants')}</span>
          {project.owners.map((owner) => (
            <Person key={owner.id} person={owner} />
          ))}
        </div>
      )}
    </section>
  )
}
