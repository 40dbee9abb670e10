/** The version's other tickets: where it was promoted or rolled back to, newest first. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Status } from '@/components/Status'
import type { Schemas } from '@/lib/api/client'
import { useSlugWord } from '@/lib/environment'
import css from './Release.module.css'

export function OtherTickets({ release }: { release: Schemas['ReleaseCard'] }) {
  const { t } = useTranslation('release')
  const { t: common } = useTranslation()
  const called = useSlugWord()
  const others = release.tickets.filter((ticket) => ticket.id !== release.ticket).toSorted((a, b) => b.id - a.id)
  if (others.length === 0) return null
  return (
    <section className={css.others}>
      <h2>{t('others')}</h2>
      <ul>
        {others.map((ticket) => (
          <li key={ticket.id}>
            <Link to="/tickets/$id" params={{ id: String(ticket.id) }} className={css.other}>
              <span>
                {common(`kind.${ticket.kind}` as 'kind.release', { defaultValue: ticket.kind })}
                {ticket.environment && ` → ${called(ticket.environment.slug)}`}
              </span>
              <span className="t3 tnum">#{ticket.id}</span>
              <span className={css.otherState}>
                <Status status={ticket.status} plain />{' '}
                <span className="t3 s12">
                  <Age at={ticket.finished_at ?? ticket.created_at} short />
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
