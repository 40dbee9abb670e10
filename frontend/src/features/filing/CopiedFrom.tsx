/** Says which ticket a form was copied from, and what is no longer as it was then. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Copy } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import type { Schemas } from '@/lib/api/client'
import { refsQuery } from './queries'
import css from './filing.module.css'

type Props = { ticket: Schemas['TicketCard']; gitRef: string; project: string }

export function CopiedFrom({ ticket, gitRef, project }: Props) {
  const { t } = useTranslation('filing')
  const then = ticket.release
  const refs = useQuery(refsQuery(project, gitRef)).data
  const now = refs?.results.find((one) => one.name === gitRef)
  const moved = then && now && then.ref === gitRef && then.commit !== now.commit
  const same = then && now && then.ref === gitRef && then.commit === now.commit
  return (
    <div className={css.strip}>
      <Copy size={14} aria-hidden />
      <span>
        {t('copy.from')}{' '}
        <Link to="/tickets/$id" params={{ id: String(ticket.id) }} className="link">
          #{ticket.id}
        </Link>
        , <Age at={ticket.created_at} />.
      </span>
      {moved && (
        <span className={css.wait}>
          {t('copy.moved', { ref: gitRef, then: then.commit.slice(0, 8), now: now.commit.slice(0, 8) })}
        </span>
      )}
      {same && <span className="t2">{t('copy.same', { commit: now.commit.slice(0, 8) })}</span>}
    </div>
  )
}
