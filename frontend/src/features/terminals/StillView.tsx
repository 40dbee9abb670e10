/** A session that is not shown: ended, or somebody else's. What it is, what happened, and in the screen's place a card. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { nameOf } from '@/components/Person'
import { Denied } from '@/components/states'
import type { SessionDetail } from '@/lib/api/terminals'
import { EndCard } from './EndCard'
import { Rail } from './Rail'
import { SessionBar } from './SessionBar'
import { Top } from './Top'
import css from './terminals.module.css'

export function EndedView({ session }: { session: SessionDetail }) {
  return (
    <Still session={session} isOver>
      <EndCard session={session} said={null} />
    </Still>
  )
}

/** It is open, and the reader may know that, but not look over the shoulder. */
export function UnwatchedView({ session }: { session: SessionDetail }) {
  const { t } = useTranslation('terminals')
  const { project, workload_id: id, pod } = session
  return (
    <Still session={session} isOver={false}>
      <section className={css.endCard} aria-labelledby="open">
        <h2 id="open">{t('unwatched', { name: nameOf(session.user) })}</h2>
        <Denied reason={session.may.watch} />
        <div className={css.then}>
          <Link to="/p/$project/workloads/$id" params={{ project, id: String(id) }} search={{ pod }} className="link">
            {t('unwatched.workload')}
          </Link>
          <Link to="/terminals" className="link">
            {t('title')}
          </Link>
        </div>
      </section>
    </Still>
  )
}

type Props = { session: SessionDetail; isOver: boolean; children: ReactNode }

function Still({ session, isOver, children }: Props) {
  return (
    <div className={css.session}>
      <Top session={session} isOver={isOver} />
      <SessionBar session={session} state={null} />
      <div className={css.body}>
        <div className={css.stage}>
          <div className={`${css.screen} ${css.empty}`}>{children}</div>
        </div>
        <Rail session={session} />
      </div>
    </div>
  )
}
