/** Above the pages of a project that is not in use: why nothing can be filed for it, and the ticket that tells more. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { projectQuery } from '@/lib/api/queries'
import css from './project.module.css'

/** Nobody hints that a project was let in. */
const LOOK = 5_000

export function StageNote({ project: slug }: { project: string }) {
  const { t } = useTranslation('projects')
  const { data } = useQuery({
    ...projectQuery(slug),
    refetchInterval: ({ state }) => (state.data?.stage === 'requested' ? LOOK : false),
  })
  const stage = data?.stage ?? 'active'
  if (stage === 'active') return null
  const kind = stage === 'archived' ? ['project_removal'] : ['project_access', 'project_removal']
  return (
    <p role="status" className={css.stage} data-stage={stage}>
      {t(`stage_note.${stage}`)}{' '}
      <Link to="/tickets" search={{ project: slug, kind }} className="link">
        {t('stage_note.ticket')}
      </Link>
    </p>
  )
}
