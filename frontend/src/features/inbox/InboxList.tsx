/** The list on the left: groups of lines, oldest first, and what waits behind "3 new". Decides nothing about order. */
import { Link } from '@tanstack/react-router'
import { Eye } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { ImageName } from '@/components/Image'
import { nameOf } from '@/components/Person'
import { StatusIcon } from '@/components/Status'
import { useEnvironmentWord, useTicketTitle } from '@/components/ticket/say'
import type { InboxTab } from '@/lib/api/queries'
import type { Group, Row } from './lines'
import css from './inbox.module.css'

type Props = {
  tab: InboxTab
  groups: Group[]
  news: number
  selected: number | undefined
  showNew: () => void
  onOpen: (id: number) => void
}

export function InboxList({ tab, groups, news, selected, showNew, onOpen }: Props) {
  const { t } = useTranslation('inbox')
  return (
    <div className={css.list}>
      <div role="status">
        {news > 0 && (
          <button type="button" className={css.news} onClick={showNew}>
            {t('new', { count: news })}
          </button>
        )}
      </div>
      {groups.map((group, index) => (
        <section key={group.name} aria-label={t(`group.${group.name}`)}>
          <header className={css.group}>
            <h2>{t(`group.${group.name}`)}</h2>
            {index === 0 && <span>{t(tab === 'needs' ? 'oldest_first' : 'newest_first')}</span>}
          </header>
          <ul>
            {group.rows.map((row) => (
              <LineRow key={row.line.id} tab={tab} row={row} isSelected={row.line.id === selected} onOpen={onOpen} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}

function LineRow({
  tab,
  row,
  isSelected,
  onOpen,
}: {
  tab: InboxTab
  row: Row
  isSelected: boolean
  onOpen: (id: number) => void
}) {
  const { t } = useTranslation('inbox')
  const title = useTicketTitle()
  const { line, gone } = row
  const failed = line.needs === 'failed'
  const environment = useEnvironmentWord()(line.environment)
  const text =
    failed && line.environment
      ? t(line.status === 'errored' ? 'errored_in' : 'failed_in', { project: line.project.slug, environment })
      : title(line, true)
  return (
    <li>
      <Link
        to="/inbox"
        search={{ ...(tab === 'needs' ? {} : { tab }), ticket: line.id }}
        data-row={line.id}
        onClick={() => onOpen(line.id)}
        className={`${css.row} ${isSelected ? css.selected : ''} ${gone ? css.gone : ''}`}
        aria-current={isSelected || undefined}
      >
        {line.needs === 'review' && !gone ? (
          <Eye size={16} aria-hidden className={css.review} />
        ) : (
          <StatusIcon status={line.status} size={16} />
        )}
        <span className={css.lineTitle}>{text}</span>
        <span className={css.age}>
          {gone ? t('dealt_with') : <Age at={failed && line.finished_at ? line.finished_at : line.created_at} short />}
        </span>
        <span className={css.second}>
          {line.release ? <ImageName tag={line.release.tag} digest={line.release.digest} /> : null}
          <span className="clip">
            {failed
              ? t('steps_done', { done: line.progress.done, total: line.progress.total })
              : nameOf(line.requester)}
          </span>
        </span>
      </Link>
    </li>
  )
}
