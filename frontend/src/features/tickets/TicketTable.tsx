/** The rows of the tickets list. A real table; on a phone each row is two lines. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age, Took } from '@/components/Age'
import { ImageName } from '@/components/Image'
import { nameOf } from '@/components/Person'
import { Status } from '@/components/Status'
import { useTicketTitle } from '@/components/ticket/say'
import type { Schemas } from '@/lib/api/client'
import { useKey } from '@/lib/keys'
import css from './tickets.module.css'

/** J and K walk the rows; Enter is the link's own. */
function step(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('[data-ticket-row]')]
  const at = links.findIndex((link) => link === document.activeElement)
  links[Math.min(links.length - 1, Math.max(0, at + by))]?.focus()
}

export function TicketTable({ rows, isOver }: { rows: Schemas['Ticket'][]; isOver: (status: string) => boolean }) {
  const { t } = useTranslation('ticket')
  const title = useTicketTitle()
  useKey('j', () => step(1))
  useKey('k', () => step(-1))
  return (
    <table className={css.table}>
      <thead>
        <tr>
          {(['ticket', 'status', 'version', 'who', 'age', 'took'] as const).map((name) => (
            <th key={name} scope="col">
              {t(`col.${name}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => (
          <tr key={one.id}>
            <td className={css.name}>
              <Link to="/tickets/$id" params={{ id: String(one.id) }} data-ticket-row className={css.cover}>
                <span className="t2 tnum">#{one.id}</span> <span className="b5">{title(one)}</span>
              </Link>
            </td>
            <td>
              <Status status={one.status} />
            </td>
            <td>{one.release ? <ImageName tag={one.release.tag} digest={one.release.digest} /> : null}</td>
            <td className="clip t2">{nameOf(one.requester)}</td>
            <td className="t2">
              <Age at={one.created_at} short />
            </td>
            <td className="t2">
              {one.started_at && (one.finished_at || !isOver(one.status)) ? (
                <Took from={one.started_at} to={one.finished_at} />
              ) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
